/** Names of Swin's tensors in files: of the Python library, and of the original code, which METER's files have too. */
import { sameShape } from "../../core/shape.ts";
import { type SwinConfig, swinGrid } from "../encoders/swin.ts";
import { resizedPositions } from "./resize-tables.ts";
import { chained, drop, dropBlocks, type Rule, rename, renameLayer, reshaped, split } from "./rules.ts";

const tableName = "encoder.layers.*.blocks.*.attention.self.relative_position_bias_table";
const ourTable = "stages.*.blocks.*.attention.distances";

/** Names of one tensor or layer in the two layouts, and ours. */
interface Layout {
  readonly patches: string;
  readonly firstNorm: string;
  readonly positions: string;
  readonly stages: string;
  readonly attentionNorm: string;
  readonly output: string;
  readonly up: string;
  readonly down: string;
  readonly feedNorm: string;
  readonly norm: string;
}

/** What differs between the layouts by names alone. */
function layoutRules(c: SwinConfig, names: Layout): Rule[] {
  const [first] = c.widths as [number];
  const [rows, columns] = swinGrid(c);
  const convolution = reshaped([first, 3, c.patch, c.patch], [first, 3 * c.patch * c.patch]);
  const block = `${names.stages}.*.blocks.*`;
  const ours = "stages.*.blocks.*";
  return [
    rename(`${names.patches}.weight`, "patches.weight", convolution),
    rename(`${names.patches}.bias`, "patches.bias"),
    ...renameLayer(names.firstNorm, "firstNorm"),
    rename(names.positions, "positions", reshaped([1, rows * columns, first], [rows * columns, first])),
    ...renameLayer(`${block}.${names.attentionNorm}`, `${ours}.attentionNorm`),
    ...renameLayer(`${block}.${names.output}`, `${ours}.attention.output`),
    ...renameLayer(`${block}.${names.up}`, `${ours}.feed.up`),
    ...renameLayer(`${block}.${names.down}`, `${ours}.feed.down`),
    ...renameLayer(`${block}.${names.feedNorm}`, `${ours}.feedNorm`),
    ...renameLayer(`${names.stages}.*.downsample.norm`, "stages.*.merge.norm"),
    rename(`${names.stages}.*.downsample.reduction.weight`, "stages.*.merge.reduce.weight"),
    ...renameLayer(names.norm, "norm"),
  ];
}

const published: Layout = {
  patches: "embeddings.patch_embeddings.projection",
  firstNorm: "embeddings.norm",
  positions: "embeddings.position_embeddings",
  stages: "encoder.layers",
  attentionNorm: "layernorm_before",
  output: "attention.output.dense",
  up: "intermediate.dense",
  down: "output.dense",
  feedNorm: "layernorm_after",
  norm: "layernorm",
};

const original: Layout = {
  patches: "patch_embed.proj",
  firstNorm: "patch_embed.norm",
  positions: "absolute_pos_embed",
  stages: "layers",
  attentionNorm: "norm1",
  output: "attn.proj",
  up: "mlp.fc1",
  down: "mlp.fc2",
  feedNorm: "norm2",
  norm: "norm",
};

const parts = ["query", "key", "value"] as const;

/** The tower's own tensors in a file of the Python library. */
export function swinRules(c: SwinConfig): Rule[] {
  const block = "encoder.layers.*.blocks.*.attention.self";
  return [
    ...layoutRules(c, published),
    ...parts.flatMap((part) => renameLayer(`${block}.${part}`, `stages.*.blocks.*.attention.${part}`)),
    rename(tableName, ourTable),
    drop(`${block}.relative_position_index`, "follows from the sizes"),
    drop("embeddings.mask_token", "stands for hidden patches in pretraining"),
  ];
}

/** Another window's distances are resized as those of METER and of the original code, bicubic. */
function fitted(name: string, file: SwinConfig, asked: SwinConfig): Rule[] {
  if (file.window === asked.window) return [];
  const [from, to] = [2 * file.window - 1, 2 * asked.window - 1];
  return [rename(name, ourTable, resizedPositions(0, [from, from], [to, to], "bicubic"))];
}

/**
 * The names of the original code (microsoft/Swin-Transformer), which are METER's under `vit_model`; `file` is what the
 * weights are for, `asked` the tower to fill.
 */
export function originalSwinRules(file: SwinConfig, asked: SwinConfig = file): Rule[] {
  const block = "layers.*.blocks.*.attn";
  const ours = (kind: string) => parts.map((part) => `stages.*.blocks.*.attention.${part}.${kind}`);
  return [
    ...fitted(`${block}.relative_position_bias_table`, file, asked),
    ...layoutRules(file, original),
    split(`${block}.qkv.weight`, ours("weight")),
    split(`${block}.qkv.bias`, ours("bias")),
    rename(`${block}.relative_position_bias_table`, ourTable),
    drop(`${block}.relative_position_index`, "follows from the sizes"),
    drop("layers.*.blocks.*.attn_mask", "follows from the sizes"),
    drop("head.**", "is the classifier"),
  ];
}

/** The tables of a file of the Python library for another picture or window, and blocks it has too many. */
export function swinFits(file: SwinConfig, asked: SwinConfig): Rule[] {
  const [from, to] = [swinGrid(file), swinGrid(asked)];
  const [first] = file.widths as [number];
  const rows = from[0] * from[1];
  const resized = chained(
    reshaped([1, rows, first], [rows, first]),
    resizedPositions(0, from, to, "bicubic"),
  );
  return [
    ...file.depths.flatMap((depth, stage) =>
      dropBlocks(`encoder.layers.${stage}.blocks`, asked.depths[stage] ?? depth, depth),
    ),
    ...(sameShape(from, to) ? [] : [rename(published.positions, "positions", resized)]),
    ...fitted(tableName, file, asked),
  ];
}
