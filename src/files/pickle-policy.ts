import { fail } from "../core/index.ts";

/**
 * Which names a pickle may mention. Nothing of a pickle is ever executed here: names stay names, and calls of classes
 * that are not known become records of their arguments. This list is not what makes reading safe. It refuses files
 * that were made to run something in Python, so that nobody trusts them because they open here.
 */

/** Modules that give a program, a shell, the interpreter or another pickle a hand; their submodules are included. */
const refusedModules = new Set(
  `os posix nt posixpath ntpath subprocess builtins __builtin__ __builtins__ sys shutil runpy importlib imp zipimport pkgutil
  ctypes _ctypes cffi socket _socket socketserver ssl http urllib urllib2 urllib3 requests httplib ftplib smtplib telnetlib
  poplib imaplib xmlrpc webbrowser antigravity pty tty commands popen2 code codeop operator _operator functools _functools
  types inspect pdb bdb timeit profile cProfile pickle _pickle cPickle dill cloudpickle joblib marshal shelve
  asyncio multiprocessing concurrent threading _thread thread signal sched tempfile fileinput mmap fcntl
  io _io codecs _codecs copyreg copy_reg gc linecache pip setuptools distutils ensurepip venv doctest unittest
  idlelib tkinter sqlite3 pydoc lib2to3 compileall py_compile`.split(/\s+/),
);

/** What the refused modules hold that is data or makes data. */
const allowed = new Set([
  ..."complex set frozenset dict list tuple int long float bool str unicode bytes bytearray slice range xrange object"
    .split(" ")
    .flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
  ..."_reconstructor __newobj__ __newobj_ex__"
    .split(" ")
    .flatMap((name) => [`copyreg.${name}`, `copy_reg.${name}`]),
  "_codecs.encode",
  "types.SimpleNamespace",
]);

/** What loads or runs its arguments in modules that are harmless otherwise. */
const refusedNames = new Set(
  `torch.load torch.hub torch.package torch.serialization.load torch.storage._load_from_bytes torch.jit.load
  torch.utils.cpp_extension torch.fx.graph_module numpy.load numpy.testing numpy.f2py numpy.distutils pandas.read_pickle
  pandas.eval`.split(/\s+/),
);

/** The name in full. @throws BifocalError "checkpoint" for one that can run code. */
export function checkGlobal(module: string, name: string, where: string): string {
  const full = `${module}.${name}`;
  if (!allowed.has(full) && isRefused(full, name)) {
    fail("checkpoint", where, {
      expected: "weights and plain data",
      got: `a pickle that calls for ${full}, which could run code when it is opened in Python`,
      todo: "do not open it there; get the weights from a source you trust, as safetensors",
    });
  }
  return full;
}

function isRefused(full: string, name: string): boolean {
  const parts = full.split(".");
  if (refusedModules.has(parts[0]!)) return true;
  // Python looks a dotted name up attribute by attribute, so that a harmless module leads to what it imports.
  if (name.includes(".") && name.split(".").some((part) => refusedModules.has(part))) return true;
  return parts.some((_, i) => refusedNames.has(parts.slice(0, i + 1).join(".")));
}
