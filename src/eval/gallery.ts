import { assert } from "../core/index.ts";
import type { Similarities } from "../metrics/recall.ts";

/** Pictures and texts that are searched among each other, a block of a larger table of scores or all of it. */
export interface Gallery extends Similarities {
  /** Places in the whole table of the block's first picture and first text. */
  readonly firstImage: number;
  readonly firstText: number;
}

/** All pictures and texts, of which text t belongs to picture imageOf[t]; scores are f32[n,texts]. */
export function wholeGallery(scores: Float32Array, imageOf: readonly number[], n: number): Gallery {
  return { scores, imageOf, images: n, firstImage: 0, firstText: 0 };
}

/**
 * A gallery cut into `count` of equally many pictures with their texts, in order: five of 5000 are the folds of COCO's 1k
 * test (Karpathy & Fei-Fei 2015, arXiv:1412.2306, section 4.2). Texts lie picture by picture.
 */
export function foldsOf({ scores, imageOf, images }: Gallery, count: number): Gallery[] {
  assert(images % count === 0, `${images} pictures are not ${count} equal folds`);
  const size = images / count;
  const texts = imageOf.length;
  return Array.from({ length: count }, (_, fold) => {
    const firstImage = fold * size;
    const firstText = imageOf.findIndex((image) => image >= firstImage);
    const own = imageOf.filter((image) => image >= firstImage && image < firstImage + size);
    const block = new Float32Array(size * own.length);
    for (let row = 0; row < size; row++) {
      const from = (firstImage + row) * texts + firstText;
      block.set(scores.subarray(from, from + own.length), row * own.length);
    }
    return {
      scores: block,
      imageOf: own.map((image) => image - firstImage),
      images: size,
      firstImage,
      firstText,
    };
  });
}
