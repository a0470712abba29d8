/** What there is to choose from, for lists; a test compares the names with the files and with the schema. */
import { recipes } from "./index.ts";

/** One thing to choose: its name as recipes and files spell it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  /** Where it was published: authors, year, arXiv number. */
  readonly paper?: string;
}

const bert = "Devlin et al. 2019, arXiv:1810.04805";
const clip = "Radford et al. 2021, arXiv:2103.00020";
const meter = "Dou et al. 2022, arXiv:2111.02387";
const vilt = "Kim et al. 2021, arXiv:2102.03334";
const vqa = "Goyal et al. 2017, arXiv:1612.00837";

const entry = (name: string, description: string, paper?: string): CatalogueEntry => ({
  name,
  description,
  ...(paper !== undefined && { paper }),
});

/** Every kind of part and what there is of it. */
export const catalogue = {
  models: [
    entry("meter", "an image tower, a text tower and a fusion, trained end to end", meter),
    entry("dual-encoder", "an image tower and a text tower that meet in a dot product", clip),
  ],
  encoders: [
    entry(
      "vit",
      "image tower: a vision transformer, also CLIP's",
      "Dosovitskiy et al. 2021, arXiv:2010.11929",
    ),
    entry("bert", "text tower: BERT or RoBERTa", bert),
  ],
  fusions: [
    entry("co-attention", "two streams, each attends to itself and to the other", meter),
    entry("merged-attention", "words and patches in one sequence through one transformer", meter),
  ],
  objectives: [
    entry("mlm", "masked language modelling given the picture", bert),
    entry("itm", "image-text matching with random or hard negatives", vilt),
    entry("itc", "image-text contrast over the batch", clip),
    entry("classify", "cross entropy over a closed set of answers", vilt),
  ],
  tasks: [
    entry("pretrain", "objectives on captions: mlm, itm, itc, each with its weight", meter),
    entry("vqa", "visual question answering as classification", vqa),
  ],
  datasets: [
    entry("emoji-world", "scenes of emoji art with captions and questions, made on demand from a seed"),
  ],
  metrics: [
    entry("recall", "recall@k of retrieval, both directions", "Karpathy & Fei-Fei 2015, arXiv:1412.2306"),
    entry("vqa-baselines", "what guessing without the picture scores: majority and question-only", vqa),
    entry("confidence", "95% intervals: Wilson's for proportions, bootstrap for means"),
  ],
  recipes: Object.values(recipes).map(({ name, description }) => entry(name, description)),
} as const satisfies Record<string, readonly CatalogueEntry[]>;

/** What can be listed. */
export type CatalogueKind = keyof typeof catalogue;
