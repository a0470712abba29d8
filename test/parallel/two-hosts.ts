/** Two hosts on this machine: network namespaces joined by a cable, from where nothing else can be reached. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type Started, start } from "../recipes/bifocal.ts";

/** The two, 10.77.0.1 and 10.77.0.2. */
export interface TwoHosts {
  /** Starts a program on host 0 or 1. */
  start(host: 0 | 1, words: readonly string[], variables: Readonly<Record<string, string>>): Started;
  /** From now on what either sends is lost, and neither is told. */
  cut(): void;
  /** Kills what was started there, and with it the hosts. */
  close(): void;
}

const hosts = [0, 1] as const;
const addressOf = (host: number) => `10.77.0.${host + 1}`;

/** Why there can be no two hosts here, as node:test takes it; false where there can. */
export function withoutHosts(): string | false {
  const trial = ["--user", "--map-root-user", "--net", "ip", "link", "add", "cable", "type", "veth"];
  const { status, stderr, error } = spawnSync("unshare", trial, { encoding: "utf8" });
  return status !== 0 && `no network namespaces: ${error?.message ?? stderr.trim()}`;
}

/** Makes them. They have no names and live as long as this process lets them, however it ends. */
export async function twoHosts(): Promise<TwoHosts> {
  const first = await held(["unshare", "--user", "--map-root-user", "--net"]);
  const second = await held([...inside(first, "--user"), "unshare", "--net"]);
  const at = (host: number) => inside(host === 0 ? first : second, "--user", "--net");
  const ip = (host: number, ...words: string[]) => {
    const [command, ...rest] = [...at(host), "ip", ...words];
    execFileSync(command!, rest);
  };
  ip(0, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", `${second.pid}`);
  for (const host of hosts) {
    ip(host, "address", "add", `${addressOf(host)}/24`, "dev", "cable");
    for (const device of ["lo", "cable"]) ip(host, "link", "set", device, "up");
  }
  const started: ChildProcess[] = [];
  return {
    start: (host, words, variables) => {
      const program = start(["nsenter", ...at(host).slice(1), ...words], variables);
      started.push(program.child);
      return program;
    },
    cut: () => {
      // Frames go to a card that is not there.
      for (const host of hosts) {
        const entry = [addressOf(1 - host), "lladdr", "02:00:00:00:00:99", "nud", "permanent"];
        ip(host, "neighbour", "replace", ...entry, "dev", "cable");
      }
    },
    close: () => {
      for (const child of [...started, first, second]) child.kill("SIGKILL");
    },
  };
}

/** Words that run a command in the namespaces of a process. */
function inside({ pid }: ChildProcess, ...namespaces: readonly string[]): string[] {
  return ["nsenter", "--target", `${pid}`, "--preserve-credentials", ...namespaces];
}

/** A process that keeps its namespaces until this one ends: it waits for the end of its input. */
async function held([command, ...words]: readonly string[]): Promise<ChildProcess> {
  const child = spawn(command!, [...words, "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write("ready");
  await once(child.stdout, "data");
  return child;
}
