import { fail } from "../core/errors.ts";
import { buildCodebook, type CodebookConfig } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { type Filled, fillFrom } from "./fill.ts";
import { findPublished } from "./find-published.ts";
import { openPublishedWeights } from "./load-published.ts";
import { publishedModel } from "./open-published.ts";

/** The weights of a published codebook for pictures, by names under it. @throws BifocalError when they do not fit `c`. */
export async function codebookWeights(from: string, c: CodebookConfig): Promise<Filled> {
  const published = await findPublished(from, true);
  const file = await openPublishedWeights(published);
  try {
    const { className, rules } = publishedModel(published, file);
    if (className !== "FlavaImageCodebook") {
      fail("config", "codebook.from", {
        expected: "a codebook of pictures",
        got: className,
        todo: "choose another model",
      });
    }
    const { parameters } = declare((at) => buildCodebook(at, c));
    return await fillFrom(file, rules, parameters, published.family.prefix);
  } finally {
    await file.close();
  }
}
