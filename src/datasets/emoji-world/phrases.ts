import { type Concept, colours, concepts, quadrants } from "./concepts.ts";
import type { Scene, SceneObject } from "./scene.ts";

/** Words for 0 to 4. */
export const numbers = ["no", "one", "two", "three", "four"] as const;

/** "a", or "an" before a vowel. */
export function article(word: string): string {
  return /^[aeiou]/.test(word) ? "an" : "a";
}

/** "a cat", "an owl", "two small cats". */
export function countedNoun(concept: Concept, count: number, adjective = ""): string {
  const words = [adjective, count === 1 ? concept.name : concept.plural].filter((word) => word !== "");
  return [count === 1 ? article(words[0]!) : numbers[count], ...words].join(" ");
}

/** "x", "x and y", "x, y and z". */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Names all objects, equal ones together, in the order in which they first occur. */
export function naming(objects: readonly SceneObject[], withSize: boolean): string {
  const groups = new Map<string, { object: SceneObject; count: number }>();
  for (const object of objects) {
    const key = withSize ? `${object.size} ${object.concept}` : `${object.concept}`;
    const group = groups.get(key);
    if (group) group.count++;
    else groups.set(key, { object, count: 1 });
  }
  return listed(
    [...groups.values()].map(({ object, count }) =>
      countedNoun(concepts[object.concept]!, count, withSize ? object.size : ""),
    ),
  );
}

/** "cat" */
export function nameOf(object: SceneObject): string {
  return concepts[object.concept]!.name;
}

/** "cats" */
export function pluralOf(concept: number): string {
  return concepts[concept]!.plural;
}

/** "top left" */
export function placeOf(object: SceneObject): string {
  return quadrants[object.quadrant]!;
}

/** "blue" */
export function backgroundOf(scene: Scene): string {
  return colours[scene.background.colour]!.name;
}

type Placed = Pick<SceneObject, "quadrant">;

/** The relations between objects of different columns or rows, as `holds(a, b)`: "a is ... b". */
export const relations = [
  { phrase: "to the left of", holds: (a: Placed, b: Placed) => a.quadrant % 2 < b.quadrant % 2 },
  { phrase: "to the right of", holds: (a: Placed, b: Placed) => a.quadrant % 2 > b.quadrant % 2 },
  { phrase: "above", holds: (a: Placed, b: Placed) => a.quadrant >> 1 < b.quadrant >> 1 },
  { phrase: "below", holds: (a: Placed, b: Placed) => a.quadrant >> 1 > b.quadrant >> 1 },
] as const;
