/** The texts of protocol 0, written as Python source would have them. */

const simple: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The bytes of a Python 2 string literal; undefined for anything else. */
export function literalBytes(line: string): Buffer | undefined {
  const inner = /^(['"])(.*)\1$/s.exec(line)?.[2];
  if (inner === undefined || !/^(?:[^\\]|\\(?:[nrt\\'"]|x[0-9a-fA-F]{2}))*$/s.test(inner)) return undefined;
  const text = inner.replace(/\\(x..|.)/gs, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : simple[escaped]!,
  );
  return Buffer.from(text, "latin1");
}

/** Text in Python's raw-unicode-escape: only \uXXXX and \UXXXXXXXX are escapes; undefined where one is no character. */
export function rawUnicode(line: string): string | undefined {
  let valid = true;
  const text = line.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g,
    (_, short?: string, long?: string) => {
      const code = Number.parseInt(short ?? long!, 16);
      valid &&= code <= 0x10ffff;
      return valid ? String.fromCodePoint(code) : "";
    },
  );
  return valid ? text : undefined;
}
