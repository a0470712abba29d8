import { fail } from "../../core/errors.ts";

/** Where tensors live and calls run. */
export interface TorchDevice {
  readonly type: "cpu" | "cuda";
  /** Which of several; -1 for the CPU. */
  readonly index: number;
}

/** "cpu", "cuda" or "cuda:1". @throws BifocalError "config" for anything else. */
export function parseDevice(name: string): TorchDevice {
  if (name === "cpu") return { type: "cpu", index: -1 };
  const index = /^cuda(?::(\d{1,3}))?$/.exec(name);
  if (index === null) fail("config", `device ${name}`, { expected: "cpu, or cuda:0 (cuda:1, ...)" });
  return { type: "cuda", index: Number(index[1] ?? 0) };
}

/** As users write it. */
export function showDevice({ type, index }: TorchDevice): string {
  return type === "cpu" ? type : `${type}:${index}`;
}
