/** What there is to choose from, for lists; a test compares the names with the files and with the schema. */
import { realDatasets } from "../datasets/official/index.ts";
import { families } from "../models/published/families.ts";
import { recipes, stagedRecipes } from "./index.ts";

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
const parsing = "Xue et al. 2021, arXiv:2106.13488";
const renaissance = "Fields & Kennington 2024, arXiv:2411.06657";
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
    entry(
      "bridgetower",
      "two towers whose upper layers each feed a layer of co-attention",
      "Xu et al. 2023, arXiv:2206.08657",
    ),
    entry("dual-encoder", "an image tower and a text tower that meet in a dot product", clip),
    entry(
      "flava",
      "two towers and a transformer over both, for one or two modalities",
      "Singh et al. 2022, arXiv:2112.04482",
    ),
    entry("one-tower", "words and patches share the blocks of a vision or a text model", renaissance),
    entry("vilt", "words and patches share one transformer, with no backbone", vilt),
    entry("visual-parsing", "Swin and one transformer over words and visual tokens", parsing),
    entry("vlc", "one transformer that starts as a masked autoencoder", "Gui et al. 2022, arXiv:2205.09256"),
    entry(
      "vlmo",
      "one transformer with experts for words, patches and both",
      "Bao et al. 2022, arXiv:2111.02358",
    ),
  ],
  encoders: [
    entry(
      "vit",
      "image tower: a vision transformer, also DeiT, DINO, BEiT, MAE, CLIP, SigLIP, DINOv2",
      "Dosovitskiy et al. 2021, arXiv:2010.11929",
    ),
    entry(
      "swin",
      "image tower: attention in shifted windows, a pyramid of grids",
      "Liu et al. 2021, arXiv:2103.14030",
    ),
    entry("resnet", "image tower: a residual network's last grid", "He et al. 2016, arXiv:1512.03385"),
    entry("bare-patches", "image tower: patches alone, for models whose blocks read both"),
    entry("bert", "text tower: BERT, RoBERTa, XLM-R, ELECTRA or DistilBERT", bert),
    entry("albert", "text tower: blocks that share their weights", "Lan et al. 2020, arXiv:1909.11942"),
    entry(
      "deberta",
      "text tower: content and distance attend apart, v1 to v3",
      "He et al. 2021, arXiv:2006.03654",
    ),
    entry("clip-text", "text tower: CLIP's or SigLIP's", clip),
    entry("bare-words", "text tower: embeddings alone"),
  ],
  fusions: [
    entry("co-attention", "two streams, each attends to itself and to the other", meter),
    entry("merged-attention", "words and patches in one sequence through one transformer", meter),
    entry(
      "lxmert-cross",
      "one cross-attention used both ways, then each stream alone",
      "Tan & Bansal 2019, arXiv:1908.07490",
    ),
  ],
  objectives: [
    entry("mlm", "masked language modelling given the picture", bert),
    entry(
      "lm",
      "language modelling given the picture: captions, hidden spans",
      "Vinyals et al. 2015, arXiv:1411.4555",
    ),
    entry("itm", "image-text matching with random or hard negatives", vilt),
    entry("itc", "image-text contrast over the batch", clip),
    entry("classify", "cross entropy over a closed set of answers", vilt),
    entry("wpa", "word-patch alignment by optimal transport", vilt),
    entry("mpp", "masked patch prediction: a hidden patch's mean colour", vilt),
    entry("mim-pixel", "removed patches painted by a small decoder"),
    entry("mim-codes", "hidden patches' discrete codes"),
    entry("mim-in-batch", "hidden patches told from the others of the batch", meter),
    entry("mfr", "masked features of patches restored", parsing),
  ],
  tasks: [
    entry("pretrain", "objectives on captions: mlm, itm, itc, each with its weight", meter),
    entry("vqa", "visual question answering as classification", vqa),
    entry("captioning", "a decoder writes what a picture shows", "Vinyals et al. 2015, arXiv:1411.4555"),
    entry("nlvr2", "is a statement about two pictures true?", "Suhr et al. 2019, arXiv:1811.00491"),
    entry(
      "entailment",
      "does a picture entail a hypothesis, contradict it, or neither?",
      "Xie et al. 2019, arXiv:1901.06706",
    ),
    entry("memes", "is a picture with its text hateful?", "Kiela et al. 2020, arXiv:2005.04790"),
    entry(
      "classification",
      "what a picture shows: fine-tuned, a linear probe, or by prompts alone (eval --task zero-shot)",
      "Radford et al. 2021, arXiv:2103.00020",
    ),
    entry(
      "sentences",
      "a label or a score for one or two sentences, by the text tower",
      "Wang et al. 2019, arXiv:1804.07461",
    ),
    entry("referring", "which box does an expression mean?", "Yu et al. 2016, arXiv:1608.00272"),
    entry("retrieval", "texts for pictures and pictures for texts: by rank, match or contrast", vilt),
  ],
  datasets: [
    entry("emoji-world", "scenes of emoji art with captions and questions, made on demand from a seed"),
    ...realDatasets.map(({ name, title, form }) =>
      entry(name, `${title}: ${form} examples, read from a folder`),
    ),
  ],
  metrics: [
    entry(
      "vqa-accuracy",
      "the official accuracy over ten annotators, by type of answer and question",
      "Antol et al. 2015, arXiv:1505.00468",
    ),
    entry("bleu", "n-gram precision of captions, 1 to 4, as pycocoevalcap counts it"),
    entry("rouge", "longest common subsequence of captions"),
    entry(
      "meteor",
      "equal words and stems of captions in order: METEOR 1.5 without synonyms and paraphrases",
      "Denkowski & Lavie 2014",
    ),
    entry("cider", "consensus of captions, CIDEr-D", "Vedantam et al. 2015, arXiv:1411.5726"),
    entry("recall", "recall@k of retrieval, both directions", "Karpathy & Fei-Fei 2015, arXiv:1412.2306"),
    entry("accuracy", "share of labels that are right"),
    entry("f1", "harmonic mean of precision and recall, by label and macro"),
    entry("matthews", "Matthews correlation of labels"),
    entry("consistency", "share of NLVR2's sentences that are judged right of all their pictures"),
    entry("correlation", "Pearson's and Spearman's correlation"),
    entry("auroc", "area under the receiver operating characteristic"),
    entry("box-accuracy", "share of boxes that overlap the truth by at least a half"),
    entry("inter-modality-flow", "how much attention crosses between words and patches", parsing),
    entry("vqa-baselines", "what guessing without the picture scores: majority and question-only", vqa),
    entry("confidence", "95% intervals: Wilson's for proportions, bootstrap for means"),
  ],
  classes: Object.entries(families).flatMap(([type, { classes }]) =>
    Object.keys(classes).map((name) => entry(name, `published class, model_type ${type}`)),
  ),
  recipes: [...Object.values(recipes), ...Object.values(stagedRecipes)].map(({ name, description }) =>
    entry(name, description),
  ),
} as const satisfies Record<string, readonly CatalogueEntry[]>;

/** What can be listed. */
export type CatalogueKind = keyof typeof catalogue;
