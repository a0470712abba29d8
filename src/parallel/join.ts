import { type Communicator, oneProcess } from "./communicator.ts";
import { worldOf } from "./world.ts";

/** Joins the ranks this process was started with; alone where nobody started any. @throws BifocalError when they cannot meet. */
export async function joinRanks(): Promise<Communicator> {
  const world = worldOf(process.env);
  if (world.by === "alone") return oneProcess;
  if (world.by === "mpi") return (await import("./mpi.ts")).joinMpi(world);
  return (await import("./sockets.ts")).joinSockets(world);
}
