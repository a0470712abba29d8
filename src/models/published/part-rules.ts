import { drop, type Rule } from "./rules.ts";

/** The rules of a whole tower for a model that has only `parts` of it, "blocks" or "embedding.words": the rest is dropped. */
export function partRules(rules: readonly Rule[], parts: readonly string[]): Rule[] {
  const isWanted = (name: string) => parts.some((part) => name === part || name.startsWith(`${part}.`));
  return rules.flatMap((rule) =>
    "drop" in rule || rule.to.some(isWanted)
      ? [rule]
      : rule.from.map((from) => drop(from, `is not among the ${parts.join(", ")} asked for`)),
  );
}
