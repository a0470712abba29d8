/** Paths of another run by the names they have in ours. */
import { fail } from "../core/errors.ts";

/** One change: what lies at and below `path` lies at and below `to`; `*` stands for the same whole number in both. */
export interface RenamedPath {
  readonly path: string;
  readonly to: string;
}

/**
 * Our name for every name of another run: the first change that fits counts, a name that none fits stays.
 * @throws BifocalError when a change fits nothing or two names become one.
 */
export function renamed(names: Iterable<string>, changes: readonly RenamedPath[]): Map<string, string> {
  const ours = new Map<string, string>();
  const used = new Set<RenamedPath>();
  for (const name of names) {
    const [change, to] = firstFit(name, changes);
    if (change !== undefined) used.add(change);
    const other = [...ours].find(([, taken]) => taken === to)?.[0];
    if (other !== undefined) {
      fail("config", "train.rename", {
        expected: "one name for each parameter",
        got: `${other} and ${name} as ${to}`,
      });
    }
    ours.set(name, to);
  }
  const idle = changes.find((change) => !used.has(change));
  if (idle !== undefined) {
    fail("config", "train.rename", {
      expected: "paths of the run to start from",
      got: `${idle.path}, which is no path of it`,
      todo: "look at the names in its model.safetensors, or leave the change out",
    });
  }
  return ours;
}

function firstFit(name: string, changes: readonly RenamedPath[]): [RenamedPath | undefined, string] {
  for (const change of changes) {
    const rest = name.split(".");
    const head = rest.splice(0, change.path.split(".").length);
    const numbers: string[] = [];
    const fits = change.path.split(".").every((word, i) => {
      if (word !== "*") return word === head[i];
      numbers.push(head[i] ?? "");
      return /^\d+$/.test(head[i] ?? "");
    });
    if (fits) return [change, [change.to.replace(/\*/g, () => numbers.shift() ?? "*"), ...rest].join(".")];
  }
  return [undefined, name];
}
