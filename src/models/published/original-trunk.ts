/** Sizes of the one transformer that checkpoints of ViLT, VLC and VLMo hold, which show in their tensors. */
import { countTensors, type Shapes } from "./original-towers.ts";

/** What the three have in common. */
export interface OriginalTrunk {
  readonly image: {
    readonly width: number;
    readonly patch: number;
    readonly depth: number;
    readonly hidden: number;
  };
  readonly text: {
    readonly vocab: number;
    readonly width: number;
    readonly segments: number;
  };
  /** Pictures that a text can be read with, one at a time. */
  readonly pictures: number;
}

/** `feed` is a block's first linear layer: "mlp.fc1". */
export function originalTrunk({ read, shapeOf }: Shapes, feed: string): OriginalTrunk {
  const [width, , patch] = read("transformer.patch_embed.proj.weight", 4) as [number, number, number];
  const block = (index: number) => `transformer.blocks.${index}.${feed}.weight`;
  const [vocab, wordWidth] = read("text_embeddings.word_embeddings.weight", 2) as [number, number];
  return {
    image: { width, patch, depth: countTensors(block, shapeOf), hidden: read(block(0), 2)[0]! },
    text: {
      vocab,
      width: wordWidth,
      segments: read("text_embeddings.token_type_embeddings.weight", 2)[0]!,
    },
    pictures: read("token_type_embeddings.weight", 2)[0]! - 1,
  };
}

/** Side in pixels of the square picture whose patches, after a class token, have a position each. */
export function positionedSide({ read }: Shapes, patch: number): number {
  const [, count] = read("transformer.pos_embed", 3) as [number, number];
  return patch * Math.round(Math.sqrt(count - 1));
}

/** Words that have a position. */
export function positionedWords({ read }: Shapes): number {
  return read("text_embeddings.position_embeddings.weight", 2)[0]!;
}
