/**
 * What Emoji World is made of: things with a plain English name of one word that all three vendors draw alike,
 * colours for the background, quadrants and sizes. The order of every table is part of the data set.
 */

/** A thing that can be drawn. */
export interface Concept {
  readonly name: string;
  readonly plural: string;
  /** Unicode code point, as emojibase and OpenMoji write it. */
  readonly hexcode: string;
}

function concept(name: string, hexcode: string, plural = `${name}s`): Concept {
  return { name, plural, hexcode };
}

/**
 * The index of a concept is its number everywhere; the held-out combinations count on there being 32. A smaller world
 * knows the first ones, so neighbours at the front look unlike.
 */
export const concepts: readonly Concept[] = [
  concept("cat", "1F431"),
  concept("frog", "1F438"),
  concept("penguin", "1F427"),
  concept("whale", "1F433"),
  concept("pizza", "1F355"),
  concept("strawberry", "1F353", "strawberries"),
  concept("key", "1F511"),
  concept("phone", "260E"),
  concept("dog", "1F436"),
  concept("pig", "1F437"),
  concept("panda", "1F43C"),
  concept("owl", "1F989"),
  concept("butterfly", "1F98B", "butterflies"),
  concept("crab", "1F980"),
  concept("apple", "1F34E"),
  concept("banana", "1F34C"),
  concept("carrot", "1F955"),
  concept("burger", "1F354"),
  concept("watermelon", "1F349"),
  concept("lemon", "1F34B"),
  concept("plane", "2708"),
  concept("rocket", "1F680"),
  concept("bicycle", "1F6B2"),
  concept("tractor", "1F69C"),
  concept("guitar", "1F3B8"),
  concept("balloon", "1F388"),
  concept("crown", "1F451"),
  concept("ball", "26BD"),
  concept("cactus", "1F335", "cactuses"),
  concept("mushroom", "1F344"),
  concept("snowman", "26C4", "snowmen"),
  concept("heart", "2764"),
];

/** A background colour before shading. */
export interface Colour {
  readonly name: string;
  /** sRGB, 0 to 255. */
  readonly rgb: readonly [number, number, number];
}

/** Background colours, chosen apart from each other and from the fill of most of the art. */
export const colours: readonly Colour[] = [
  { name: "red", rgb: [158, 38, 44] },
  { name: "yellow", rgb: [232, 214, 92] },
  { name: "green", rgb: [62, 128, 74] },
  { name: "blue", rgb: [62, 104, 196] },
  { name: "purple", rgb: [118, 72, 156] },
  { name: "gray", rgb: [136, 138, 142] },
  { name: "white", rgb: [240, 240, 238] },
  { name: "black", rgb: [24, 24, 28] },
];

/** Quadrants of the canvas in reading order: the column is `quadrant % 2`, the row `quadrant >> 1`. */
export const quadrants = ["top left", "top right", "bottom left", "bottom right"] as const;

/** Side of an object's square as a fraction of the canvas, [least, most). Both fit into a quadrant. */
export const sizes = { small: [0.32, 0.36], large: [0.44, 0.49] } as const;

/** The word for a size. */
export type Size = keyof typeof sizes;
