/** The codebook as published with FLAVA: `facebook/flava-image-codebook`. */
import { z } from "zod";
import { type DallEConfig, dallE } from "./dall-e.ts";
import { type Family, type PublishedModel, positiveSchema, readConfig } from "./published/class.ts";
import { type Rule, renameLayer } from "./published/rules.ts";

const schema = z.object({
  num_groups: positiveSchema.default(4),
  input_channels: z.literal(3).default(3),
  num_blocks_per_group: positiveSchema.default(2),
  hidden_size: positiveSchema.min(4).default(256),
  vocab_size: positiveSchema.default(8192),
});

/** Its groups are four whatever config.json says, which changes the gain alone. */
function configOf(p: z.output<typeof schema>): DallEConfig {
  const blocks = p.num_blocks_per_group;
  return { width: p.hidden_size, blocks, codes: p.vocab_size, gain: 1 / (p.num_groups * blocks) ** 2 };
}

/** Groups and blocks are counted from 1 in its files. */
function dallERules({ blocks }: DallEConfig): Rule[] {
  const block = (group: number, i: number) => {
    const [theirs, ours] = [`blocks.group_${group + 1}.group.block_${i + 1}`, `groups.${group}.${i}`];
    return [
      ...renameLayer(`${theirs}.id_path`, `${ours}.around`),
      ...[0, 1, 2, 3].flatMap((n) =>
        renameLayer(`${theirs}.res_path.path.conv_${n + 1}`, `${ours}.branch.${n}`),
      ),
    ];
  };
  return [
    ...renameLayer("blocks.input", "input"),
    ...[0, 1, 2, 3].flatMap((group) => Array.from({ length: blocks }, (_, i) => block(group, i)).flat()),
    ...renameLayer("blocks.output.conv", "output"),
  ];
}

/** FlavaImageCodebook, which returns one tensor without a name: here `logits`; `codes` are its get_codebook_indices. */
function model(config: unknown, where: string): PublishedModel {
  const c = configOf(readConfig(schema, config, where));
  return {
    inputs: { pixel_values: { dtype: "f32", axes: "B 3 Y X" } },
    rules: dallERules(c),
    build: (at) => {
      const encode = dallE(at, c);
      return ({ pixel_values }) => {
        const logits = encode(pixel_values!);
        return { logits, codes: logits.transpose([0, 2, 3, 1]).argmax() };
      };
    },
  };
}

/** FLAVA's codebook. */
export const flavaCodebookFamily: Family = { prefix: "", classes: { FlavaImageCodebook: model } };
