const paths: string[] = [];

/** Runs `build` as the module at `path` (absolute, as in the checkpoint), in a trace or not: its nodes and errors carry that path. */
export function atPath<T>(path: string, build: () => T): T {
  paths.push(path);
  try {
    return build();
  } finally {
    paths.pop();
  }
}

/** The module whose nodes are being built; empty outside of all modules. */
export function currentPath(): string {
  return paths.at(-1) ?? "";
}
