import type { Command } from "commander";
import { data } from "./data/index.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { evaluate } from "./eval.ts";
import { exportVerb } from "./export.ts";
import { forward } from "./forward.ts";
import { importVerb } from "./import.ts";
import { launch } from "./launch.ts";
import { list } from "./list.ts";
import { plan } from "./plan.ts";
import { predict } from "./predict.ts";
import { score } from "./score.ts";
import { train } from "./train.ts";

/** Every verb, in the order of the help. */
export const verbs: readonly Command[] = [
  demo,
  list,
  data,
  plan,
  train,
  launch,
  evaluate,
  score,
  predict,
  forward,
  importVerb,
  exportVerb,
  doctor,
];
