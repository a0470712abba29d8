import { join } from "node:path";
import { fail } from "../core/errors.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import { matchNames } from "../files/match-names.ts";
import type { NamedTensor } from "../files/safetensors.ts";
import { openSafetensors, type SafetensorsFile } from "../files/safetensors.ts";
import type { Step } from "../models/published/rules.ts";
import type { Parameter } from "../nn/scope.ts";
import { fitTable } from "./fit-table.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { type RenamedPath, renamed } from "./rename.ts";

/** Reads every tensor of `targets` from `file`, in place. @throws BifocalError listing missing, unexpected and misshapen names. */
export async function readInto(
  file: SafetensorsFile,
  targets: readonly NamedTensor[],
  where: string,
): Promise<void> {
  const shapes = new Map(targets.map(({ name, shape }) => [name, shape]));
  const found = new Map([...file.tensors].map(([name, { shape }]) => [name, shape]));
  matchNames(shapes, found, where);
  for (const { name, data } of targets) await file.readInto(name, data as Float32Array);
}

/**
 * Starts from another run, part by part ("model.image", "heads.itc"): a part of the model that the other run has must
 * fit in every name and shape, but for position tables of pictures of another size, which are resized; a head is taken
 * where it fits; whatever the other run lacks starts anew. Says on standard error which is which, and returns the parts taken.
 * @throws BifocalError when a part of the model does not fit, or none is shared.
 */
export async function startFrom(
  folder: string,
  { weights }: Pick<ParameterStore, "weights">,
  parameters: readonly Parameter[],
  changes: readonly RenamedPath[] = [],
): Promise<string[]> {
  const path = join(folder, "model.safetensors");
  const file = await openSafetensors(path);
  try {
    const named = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    const ours = byPart(parameters);
    const theirs = byPart(
      [...renamed(file.tensors.keys(), changes)].map(([stored, name]): Stored => {
        const { shape } = file.tensors.get(stored)!;
        const parameter = named.get(name);
        const resize = parameter && fitTable(parameter, shape);
        return { name, stored, shape: resize === undefined ? shape : parameter!.shape, was: shape, resize };
      }),
    );
    const shared = [...ours.keys()].filter((part) => theirs.has(part));
    const taken = shared.filter(
      (part) => part.startsWith("model.") || fits(ours.get(part)!, theirs.get(part)!),
    );
    if (!taken.some((part) => part.startsWith("model."))) {
      fail("checkpoint", path, {
        expected: `one of the parts ${[...ours.keys()].join(", ")}`,
        got: [...theirs.keys()].join(", "),
        todo: "start from a run of a related model",
      });
    }
    const found = taken.flatMap((part) => theirs.get(part)!);
    const shapesOf = (tensors: readonly Named[]) => new Map(tensors.map(({ name, shape }) => [name, shape]));
    matchNames(shapesOf(taken.flatMap((part) => ours.get(part)!)), shapesOf(found), path);
    for (const { name, stored, was, resize } of found) {
      if (resize === undefined) await file.readInto(stored, weights[name]!);
      else {
        const [table] = resize.apply([{ shape: was, data: (await file.read(stored)) as Float32Array }]);
        weights[name]!.set(table!.data);
      }
    }
    const fresh = [...ours.keys()].filter((part) => !taken.includes(part));
    const resized = found.filter(({ resize }) => resize !== undefined).map(({ name }) => name);
    const also = resized.length === 0 ? "" : `; resized: ${resized.join(", ")}`;
    process.stderr.write(
      `from ${folder}: ${taken.join(", ")}${also}; new: ${fresh.join(", ") || "nothing"}\n`,
    );
    return taken;
  } finally {
    await file.close();
  }
}

/** A tensor of the other run under our name, with the shape it has once it was resized. */
interface Stored extends Named {
  readonly stored: string;
  readonly was: Shape;
  readonly resize: Step | undefined;
}

interface Named {
  readonly name: string;
  readonly shape: Shape;
}

/** Grouped by the first two words of their paths. */
function byPart<T extends Named>(tensors: readonly T[]): Map<string, T[]> {
  const parts = new Map<string, T[]>();
  for (const tensor of tensors) {
    const part = tensor.name.split(".").slice(0, 2).join(".");
    parts.set(part, [...(parts.get(part) ?? []), tensor]);
  }
  return parts;
}

function fits(ours: readonly Named[], theirs: readonly Named[]): boolean {
  const shapes = new Map(theirs.map(({ name, shape }) => [name, shape]));
  return (
    ours.length === theirs.length &&
    ours.every(({ name, shape }) => sameShape(shape, shapes.get(name) ?? []) && shapes.has(name))
  );
}
