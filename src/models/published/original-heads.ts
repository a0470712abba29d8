/** The heads that checkpoints of METER, ViLT, VLC, VLMo and BridgeTower may hold, by their tensors. */
import { concat, type Tensor } from "../../graph/tensor.ts";
import { classifierHead, wordHead } from "../../nn/heads.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { FusedState } from "../contracts.ts";
import type { Named } from "./class.ts";
import type { Shapes } from "./original-towers.ts";

type Head = (x: Tensor) => Tensor;

/** What the heads of a checkpoint say, by name: mlm_logits, itm_logits, vqa_logits ... */
export interface OriginalHeads {
  /** Of a text with one picture. */
  ofOne(fused: FusedState): Named;
  /** Of a text with two pictures. */
  ofTwo(first: FusedState, second: FusedState): Named;
}

/** Declares the heads that there are, by the names that `originalHeadRules` give them. */
export function originalHeads(at: Scope, shapes: Shapes): OriginalHeads {
  const words = wordsHead(at.in("mlm"), "mlm_score", shapes);
  const patches = wordsHead(at.in("mpp"), "mpp_score", shapes);
  const pair = classifier(at.in("nlvr2"), "nlvr2_classifier", shapes);
  const summary = {
    itm_logits: single(at.in("itm.head"), "itm_score.fc", shapes),
    vqa_logits: classifier(at.in("vqa"), "vqa_classifier", shapes),
    snli_logits: classifier(at.in("snli"), "snli_classifier", shapes),
    rank_output: single(at.in("rank"), "rank_output", shapes),
  };
  return {
    ofOne: (fused) => ({
      ...said({ mlm_logits: words }, fused.words),
      ...said({ mpp_logits: patches }, fused.patches),
      ...said(summary, fused.pooled),
    }),
    ofTwo: (first, second) => said({ nlvr2_logits: pair }, concat([first.pooled, second.pooled], 1)),
  };
}

/** What those heads that there are make of `x`. */
function said(heads: Readonly<Record<string, Head | undefined>>, x: Tensor): Named {
  return Object.fromEntries(
    Object.entries(heads).flatMap(([name, head]) => (head === undefined ? [] : [[name, head(x)] as const])),
  );
}

function wordsHead(at: Scope, name: string, { shapeOf, read }: Shapes): Head | undefined {
  const table = `${name}.decoder.weight`;
  if (shapeOf(table) === undefined) return undefined;
  const [classes, width] = read(table, 2) as [number, number];
  return wordHead(at, { width, classes, epsilon: 1e-12 });
}

function classifier(at: Scope, name: string, { shapeOf, read }: Shapes): Head | undefined {
  if (shapeOf(`${name}.0.weight`) === undefined) return undefined;
  const [hidden, width] = read(`${name}.0.weight`, 2) as [number, number];
  const [classes] = read(`${name}.3.weight`, 2) as [number];
  return classifierHead(at, { width, hidden, classes, epsilon: 1e-5 });
}

function single(at: Scope, name: string, { shapeOf, read }: Shapes): Head | undefined {
  if (shapeOf(`${name}.weight`) === undefined) return undefined;
  const [to, from] = read(`${name}.weight`, 2) as [number, number];
  return linear(at, { from, to });
}
