import { closeSync, constants, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";

const readAt = promisify(read);

/** Fewer than one array can hold. */
const mostBytes = 2 ** 31;

/**
 * What a plain file contains; what the path is instead where it is no such file. Only reading goes to another thread: five
 * trips there, for opening, looking, reading twice and closing, cost more than decoding a small picture.
 * @throws the system's error when the file cannot be opened or read.
 */
export async function readPlainFile(path: string): Promise<Uint8Array | { readonly instead: string }> {
  // Waiting for the writer of a pipe would never end.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(file);
    if (!found.isFile()) return { instead: "not a plain file" };
    if (found.size > mostBytes) return { instead: `${found.size} bytes` };
    const bytes = new Uint8Array(found.size);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await readAt(file, bytes, done, bytes.length - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}
