/** What a recipe may say about its task, for the edge. */
import { z } from "zod";
import type { ModelConfig } from "../models/index.ts";
import type { TaskConfig } from "../tasks/index.ts";
import { apart, type PretrainConfig } from "../tasks/pretrain.ts";
import { blocks, positive, published, rate } from "./schema-model.ts";

const weight = z.number();
const alone = z.boolean().optional();
const patchShare = { weight, rate, alone };

const pretrain = z.strictObject({
  kind: z.literal("pretrain"),
  mlm: z.strictObject({ weight, rate, wholeWord: z.boolean(), alone }).optional(),
  span: z.strictObject({ weight, rate, length: z.number().min(1) }).optional(),
  itm: z.strictObject({ weight, negatives: z.enum(["random", "hard"]) }).optional(),
  itc: z.strictObject({ weight, width: positive }).optional(),
  wpa: z
    .strictObject({ weight, beta: z.number().positive().optional(), steps: positive.optional() })
    .optional(),
  mpp: z.strictObject(patchShare).optional(),
  mimPixel: z.strictObject({ weight, alone, decoder: z.strictObject(blocks) }).optional(),
  mimInBatch: z.strictObject(patchShare).optional(),
  mimCodes: z
    .strictObject({
      ...patchShare,
      codebook: z.strictObject({
        width: positive.min(4),
        blocks: positive,
        codes: positive.min(2),
        gain: z.number().positive(),
        from: published,
      }),
    })
    .optional(),
  mfr: z.strictObject({ weight, rate, group: positive }).optional(),
});

const retrieval = z.discriminatedUnion("by", [
  z.strictObject({ kind: z.literal("retrieval"), by: z.literal("rank"), textsPerImage: positive.min(2) }),
  z.strictObject({
    kind: z.literal("retrieval"),
    by: z.enum(["match", "contrast"]),
    width: positive,
  }),
]);

/** A task, its parts checked one by one; how it fits the model is checked with the run. */
export const taskSchema = z.discriminatedUnion("kind", [
  pretrain,
  z.strictObject({
    kind: z.literal("vqa"),
    questionsPerImage: positive.max(16),
    headWidth: positive.optional(),
  }),
  z.strictObject({ kind: z.literal("captioning") }),
  z.strictObject({ kind: z.literal("nlvr2") }),
  z.strictObject({ kind: z.literal("entailment") }),
  z.strictObject({ kind: z.literal("memes") }),
  z.strictObject({ kind: z.literal("classification") }),
  z.strictObject({ kind: z.literal("sentences"), says: z.enum(["label", "score"]) }),
  z.strictObject({ kind: z.literal("referring"), candidates: positive.min(2).max(32) }),
  retrieval,
]);

/** What keeps objectives from being trained together or on this model: where, and what is expected there. */
export function pretrainProblems(m: ModelConfig, t: PretrainConfig, batch: number): [string[], string][] {
  const problems: [string[], string][] = [];
  const problem = (expected: string, ...keys: string[]) => problems.push([["task", ...keys], expected]);
  const { itm, itc, mimPixel } = t;
  const asked = names.filter((name) => t[name] !== undefined);
  if (asked.length === 0) problem(`one of ${names.join(", ")}`);
  const joined = Object.keys(apart(t).paired).filter((name) => name !== "itc");
  if (m.kind === "dual-encoder" && joined.length > 0) {
    problem("only itc, and what is alone, for a model without a fusion");
  }
  if (itm?.negatives === "hard" && itc === undefined) {
    problem("itc, which hard negatives are drawn by", "itc");
  }
  if (t.span !== undefined && m.decoder === undefined) {
    problems.push([["model", "decoder"], "a decoder, which writes what span hides"]);
  }
  if (t.wpa !== undefined && itm === undefined) problem("itm, whose pairs wpa aligns", "itm");
  if (itc !== undefined && saysNothingAlone(m)) {
    problem("towers with blocks for itc: bare patches and words say nothing of the whole", "itc");
  }
  if (mimPixel !== undefined && mimPixel.decoder.width % mimPixel.decoder.heads !== 0) {
    problem(`a multiple of heads ${mimPixel.decoder.heads}`, "mimPixel", "decoder", "width");
  }
  if (mimPixel !== undefined && mimPixel.decoder.width % 4 !== 0) {
    problem("a multiple of 4, for fixed positions", "mimPixel", "decoder", "width");
  }
  if (batch < 2 && (itm ?? itc)) problems.push([["train", "batch"], "at least 2 for itm and itc"]);
  return problems;
}

/** As `pretrainProblems`, of the other tasks. */
export function fineTuningProblems(
  m: ModelConfig,
  t: Exclude<TaskConfig, { readonly kind: "pretrain" }>,
  batch: number,
): [string[], string][] {
  const problems: [string[], string][] = [];
  const byTowers = t.kind === "retrieval" && t.by !== "rank";
  const byOneTower = t.kind === "classification" || t.kind === "sentences";
  if (m.kind === "dual-encoder" && !byOneTower && !(byTowers && t.by === "contrast")) {
    problems.push([["task", "kind"], `a model with a fusion for ${t.kind}`]);
  }
  if (t.kind === "captioning" && m.decoder === undefined) {
    problems.push([["model", "decoder"], "a decoder, which writes captions"]);
  }
  const tower = t.kind === "classification" ? m.image : t.kind === "sentences" ? m.text : undefined;
  if (tower?.kind === "patches" || tower?.kind === "words") {
    problems.push([["task", "kind"], `a model whose ${tower.kind} pass through a tower for ${t.kind}`]);
  }
  if (byTowers && saysNothingAlone(m)) {
    problems.push([["task", "by"], "rank: bare patches and words say nothing of the whole"]);
  }
  if (byTowers && batch < 2) problems.push([["train", "batch"], "at least 2, to contrast"]);
  if (t.kind === "nlvr2" && tellsPicturesApart(m) && m.pictures !== 2) {
    problems.push([["model", "pictures"], "2, which statements compare"]);
  }
  return problems;
}

/** Whether a model marks a text's pictures by their number. */
function tellsPicturesApart(m: ModelConfig): m is Extract<ModelConfig, { readonly pictures?: unknown }> {
  return m.kind !== "dual-encoder" && m.kind !== "flava" && m.kind !== "visual-parsing";
}

const names = Object.keys(pretrain.omit({ kind: true }).shape) as Exclude<
  keyof z.output<typeof pretrain>,
  "kind"
>[];

/** Whether a tower's summary is the same for all pictures, or for all texts. */
function saysNothingAlone(m: ModelConfig): boolean {
  const hasTowers =
    m.kind === "meter" || m.kind === "bridgetower" || m.kind === "flava" || m.kind === "dual-encoder";
  return hasTowers && (m.image.kind === "patches" || m.text.kind === "words");
}
