/** Which rank of how many this process is: what its starter says in environment variables. */
import { fail } from "../core/errors.ts";

/** Where rank 0 waits for the others: a host and port, or the path of a socket on this machine. */
export type Meeting = { readonly host: string; readonly port: number } | { readonly path: string };

/** A process among those of its run. */
export type World =
  | { readonly by: "alone" }
  | { readonly by: "mpi"; readonly rank: number; readonly size: number }
  | { readonly by: "sockets"; readonly rank: number; readonly size: number; readonly meeting: Meeting };

type Variables = Readonly<Record<string, string | undefined>>;

/** The variable with the path of the socket that the ranks of `bifocal launch` meet at. */
export const meetingVariable = "BIFOCAL_MEETING";

/**
 * Reads the variables of Open MPI's mpirun, of srun, and RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT as torchrun sets them.
 * @throws BifocalError "config" when they contradict each other or say too little.
 */
export function worldOf(variables: Variables): World {
  const { OMPI_COMM_WORLD_SIZE, PMIX_RANK, SLURM_STEP_NUM_TASKS, RANK, WORLD_SIZE, PMI_SIZE } = variables;
  const place = (rank: string, size: string) => placeOf(variables, rank, size);
  if (OMPI_COMM_WORLD_SIZE !== undefined) {
    return ranked("mpi", place("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"));
  }
  if (RANK !== undefined || WORLD_SIZE !== undefined) {
    return meeting(place("RANK", "WORLD_SIZE"), () => meetingOf(variables));
  }
  if (SLURM_STEP_NUM_TASKS !== undefined) {
    const { rank, size } = place("SLURM_PROCID", "SLURM_STEP_NUM_TASKS");
    return PMIX_RANK === undefined
      ? meeting({ rank, size }, () => slurmMeetingOf(variables))
      : ranked("mpi", { rank, size });
  }
  if (PMI_SIZE !== undefined) return meeting(place("PMI_RANK", "PMI_SIZE"), () => meetingOf(variables));
  return { by: "alone" };
}

interface Place {
  readonly rank: number;
  readonly size: number;
}

function ranked(by: "mpi", { rank, size }: Place): World {
  return size === 1 ? { by: "alone" } : { by, rank, size };
}

function meeting({ rank, size }: Place, where: () => Meeting): World {
  return size === 1 ? { by: "alone" } : { by: "sockets", rank, size, meeting: where() };
}

function placeOf(variables: Variables, rankName: string, sizeName: string): Place {
  const size = whole(variables, sizeName, 1);
  const rank = whole(variables, rankName, 0);
  if (rank >= size) {
    fail("config", rankName, { expected: `less than ${sizeName} ${size}`, got: String(rank) });
  }
  return { rank, size };
}

function whole(variables: Variables, name: string, least: number): number {
  const text = variables[name];
  if (text === undefined || !/^\d+$/.test(text) || Number(text) < least) {
    fail("config", name, {
      expected: `a whole number from ${least}, as whoever starts the ranks sets it`,
      got: text === undefined ? "nothing" : JSON.stringify(text),
      todo: "start the ranks with bifocal launch, mpirun, srun or torchrun, or unset the variables of another run",
    });
  }
  return Number(text);
}

function meetingOf(variables: Variables): Meeting {
  const path = variables[meetingVariable];
  if (path !== undefined) return { path };
  const { MASTER_ADDR } = variables;
  if (MASTER_ADDR === undefined || MASTER_ADDR === "") {
    fail("config", "MASTER_ADDR", {
      expected: "the host of rank 0",
      got: "nothing",
      todo: "start the ranks with bifocal launch, mpirun, srun or torchrun, or set MASTER_ADDR and MASTER_PORT",
    });
  }
  const port = whole(variables, "MASTER_PORT", 1);
  // There torchrun itself listens at the port it names.
  const taken = variables.TORCHELASTIC_USE_AGENT_STORE === "True";
  return { host: MASTER_ADDR, port: taken ? port + 1 : port };
}

/** srun without PMIx: rank 0 is on the first host of the step, and the job's number makes a port of its own. */
function slurmMeetingOf(variables: Variables): Meeting {
  if (variables.MASTER_ADDR !== undefined && variables.MASTER_PORT !== undefined) return meetingOf(variables);
  const hosts = variables.SLURM_STEP_NODELIST ?? variables.SLURM_JOB_NODELIST;
  if (hosts === undefined) {
    fail("config", "SLURM_STEP_NODELIST", {
      expected: "the hosts of the step, as srun sets it",
      got: "nothing",
      todo: "set MASTER_ADDR and MASTER_PORT",
    });
  }
  return { host: firstHost(hosts), port: 20000 + (whole(variables, "SLURM_JOB_ID", 0) % 20000) };
}

/** "gpu[03-05,9],head" begins with gpu03. */
export function firstHost(list: string): string {
  const [, name = "", range = ""] = /^([^[,]*)(?:\[([^\]]*)\])?/.exec(list) ?? [];
  return name + (/^\d+/.exec(range)?.[0] ?? "");
}
