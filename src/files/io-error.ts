import { BifocalError } from "../core/index.ts";

/** What the operating system's error codes mean to someone whose file was being written. */
const reasons: Record<
  string,
  { readonly got: string; readonly todo: string; readonly code: "backend" | "usage" }
> = {
  ENOSPC: { got: "no space left on device", todo: "free space and run again", code: "backend" },
  EDQUOT: { got: "disk quota used up", todo: "free space and run again", code: "backend" },
  EFBIG: {
    got: "file size limit reached",
    todo: "raise the limit (ulimit -f) and run again",
    code: "backend",
  },
  EIO: { got: "input/output error", todo: "check the disk and run again", code: "backend" },
  ENOENT: { got: "no such folder", todo: "check the path", code: "usage" },
  ENOTDIR: { got: "a file where a folder should be", todo: "check the path", code: "usage" },
  EISDIR: { got: "a folder where a file should be", todo: "check the path", code: "usage" },
  ENOTEMPTY: { got: "a folder that exists", todo: "choose another name", code: "usage" },
  EEXIST: { got: "a file that exists", todo: "choose another name", code: "usage" },
  EACCES: { got: "no permission", todo: "check the permissions or choose another place", code: "usage" },
  EPERM: { got: "no permission", todo: "check the permissions or choose another place", code: "usage" },
  EROFS: { got: "a read-only file system", todo: "choose another place", code: "usage" },
};

/**
 * A failed system call while writing `path` as an error for the user: "backend" where the machine failed, "usage"
 * where the path cannot work. Errors that come from no system call are returned as they are.
 */
export function ioError(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && "syscall" in cause && "code" in cause)) return cause;
  const code = String(cause.code);
  const reason = reasons[code] ?? {
    got: cause.message,
    todo: "see the reason and run again",
    code: "backend",
  };
  return new BifocalError(
    { code: reason.code, where: path, got: `${reason.got} (${code}) while writing`, todo: reason.todo },
    cause,
  );
}
