/**
 * What a run makes of a picture and a text, word by word: masked words filled in, as ViLT's demonstration does it, and
 * where each word belongs in the picture (Kim et al. 2021, arXiv:2102.03334, section 4.6).
 */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { pictureFile } from "../datasets/dataset-folder.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { alignment, contentOf, patchesIn } from "../objectives/wpa.ts";
import { buildTask } from "../tasks/index.ts";
import { imageInput, pictureType, shownGrid } from "../tasks/pictures.ts";
import { fillMasks, type MaskGuesses } from "./fill-masks.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";
import { ownPictures } from "./own-pictures.ts";
import { type Attention, squareGrid } from "./report/attention.ts";

/** A picture and a text, explained. */
export interface Explanation {
  readonly image: string;
  /** As it was given, and with its masks filled. */
  readonly text: string;
  readonly filled: string;
  /** In the order of the text. */
  readonly masks: readonly MaskGuesses[];
  /** Where each word belongs: by the plan of word-patch alignment, or by the attention of the last fusion layer. */
  readonly by: "transport" | "attention";
  readonly words: readonly WordPlaces[];
  /** The picture's patches. */
  readonly grid: Attention["grid"];
}

/** A word of a text, and a weight for each patch of the picture, row by row, not negative. */
export interface WordPlaces {
  readonly word: string;
  readonly weights: readonly number[];
}

/** Steps that settle the plan, where training makes do with fewer and larger ones. */
const settled = { beta: 0.1, steps: 200 };

/** Every picture with every text, pictures first. Masks are written [MASK], or as the run's tokenizer spells it. */
export async function explain(
  backend: Backend,
  run: OpenedRun,
  images: readonly string[],
  texts: readonly string[],
): Promise<Explanation[]> {
  const { config } = run;
  const { tokenizer } = run;
  const sizes = { ...run.sizes, textLength: config.model.text.textLength };
  const { textLength: T } = sizes;
  const { model: task, parameters } = declare((at) =>
    buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
  );
  const { model } = task;
  if (!("fuse" in model)) {
    return fail("usage", config.name, {
      expected: "a run of a model with a fusion, which reads words and patches together",
      got: `model ${config.model.kind}`,
      todo: "choose another run",
    });
  }
  const heads = task.kind === "pretrain" ? task.words : undefined;
  const by = config.task.kind === "pretrain" && config.task.wpa !== undefined ? "transport" : "attention";
  const written = texts.map((text) => withMask(text, tokenizer));
  const tokens = await tokenizer.encode(written, { length: T, tooLong: "error" });
  if (heads === undefined && tokens.ids.includes(tokenizer.special.mask ?? -1)) {
    fail("usage", config.name, {
      expected: "a run pretrained with mlm, which fills masked words",
      got: `task ${config.task.kind}`,
      todo: "write the text without [MASK], or choose another run",
    });
  }
  const { specials } = model;
  const graph = await forwardGraph(
    backend,
    await loadWeights(run.weightsPath, parameters),
    {
      image: pictureType(1, sizes),
      ids: { dtype: "i32", shape: [1, T] },
      keep: { dtype: "bool", shape: [1, T] },
    },
    (given) => {
      const image = model.encodeImage({ ...imageInput(given.image!, model.colours, sizes), most: undefined }); // all, in order
      const text = model.encodeText({ ids: given.ids!, keep: given.keep! });
      const fused = model.fuse(image, text);
      const P = fused.patches.shape[1]!;
      const places =
        by === "attention"
          ? fused.attention.mean(1)
          : alignment(fused, contentOf(text.keep), patchesIn(fused.patches, image.keep, specials), settled)
              .plan;
      return {
        places: places.slice(2, specials, P), // [1, T, P - specials]
        ...(heads && { words: heads.logits(fused).softmax() }),
      };
    },
  );
  const places = graph.outputs.places!;
  const patches = places.length / T;
  const explanations: Explanation[] = [];
  const pictureOf = ownPictures(run);
  for (const image of images) {
    const picture = await pictureOf(pictureFile(image));
    graph.inputs.image!.set(picture);
    const { canvas } = sizes;
    const all = squareGrid(patches);
    const grid = canvas === undefined ? all : shownGrid(picture, { ...sizes, canvas });
    const shown = Array.from({ length: grid.rows * grid.columns }, (_, i) => {
      const [row, column] = [Math.floor(i / grid.columns), i % grid.columns];
      return row * all.columns + column;
    });
    for (const [t, text] of texts.entries()) {
      const row = [t * T, (t + 1) * T] as const;
      graph.inputs.keep!.set(tokens.keep.subarray(...row));
      const run = async (ids: Int32Array) => {
        graph.inputs.ids!.set(ids);
        await graph.run();
        return (graph.outputs.words ?? new Float32Array()) as Float32Array;
      };
      const { ids, masks } = await fillMasks(tokens.ids.slice(...row), tokenizer, run);
      const words = wordsOf(tokens.words.subarray(...row), masks);
      explanations.push({
        image,
        text,
        filled: await tokenizer.decode(ids.filter((_, at) => tokens.keep[row[0] + at] === 1)),
        masks: masks.map(({ guesses }) => ({ guesses })),
        by,
        words: await Promise.all(
          words.map(async (pieces) => ({
            word: await wordAt(tokenizer, ids, pieces),
            weights: shown.map((patch) => pieces.reduce((sum, at) => sum + places[at * patches + patch]!, 0)),
          })),
        ),
        grid,
      });
    }
  }
  return explanations;
}

/** Whether a text asks for a word. */
export function hasMask(text: string, tokenizer: Tokenizer): boolean {
  const { mask } = tokenizer.special;
  return mask !== undefined && withMask(text, tokenizer).includes(tokenizer.token(mask) ?? "[MASK]");
}

/** "[MASK]" as the tokenizer spells it. */
function withMask(text: string, { special, token }: Tokenizer): string {
  const own = special.mask === undefined ? undefined : token(special.mask);
  return own === undefined ? text : text.replaceAll("[MASK]", own);
}

/** Places of each word's tokens; a filled mask is a word of its own. */
function wordsOf(words: Int32Array, masks: readonly { readonly at: number }[]): number[][] {
  const groups: number[][] = [];
  let last = -1;
  for (const [at, word] of words.entries()) {
    if (masks.some((mask) => mask.at === at)) groups.push([at]);
    else if (word >= 0 && word === last) groups.at(-1)!.push(at);
    else if (word >= 0) groups.push([at]);
    last = word;
  }
  return groups;
}

/** The text of a word, or where that is empty its first token. */
async function wordAt(tokenizer: Tokenizer, ids: Int32Array, pieces: readonly number[]): Promise<string> {
  const own = pieces.map((at) => ids[at]!);
  return (await tokenizer.decode(own)).trim() || (tokenizer.token(own[0]!) ?? "?");
}
