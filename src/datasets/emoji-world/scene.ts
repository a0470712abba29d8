import { fail } from "../../core/errors.ts";
import { foldKey, type Rng, rng } from "../../core/rng.ts";
import { colours, concepts, quadrants, type Size, sizes } from "./concepts.ts";
import {
  allowedConcepts,
  type Split,
  sameScenes,
  splitSizes,
  trainingVendors,
  unseenVendor,
} from "./splits.ts";

/** One thing on the canvas. Positions and sides are fractions of the canvas, the origin is its top left corner. */
export interface SceneObject {
  /** Index into `concepts`. */
  readonly concept: number;
  /** Index into `vendors`. */
  readonly vendor: number;
  /** Index into `quadrants`; no two objects share one. */
  readonly quadrant: number;
  readonly size: Size;
  /** Left edge, top edge and side of the object's square, which lies inside its quadrant. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
  /** Mirrored left to right. */
  readonly flip: boolean;
}

/** The background: a colour shaded along a direction, with faint stripes or checks so that it is not flat. */
export interface Background {
  /** Index into `colours`. */
  readonly colour: number;
  readonly pattern: "plain" | "stripes" | "checks";
  /** Direction in radians of the shading and the pattern. */
  readonly angle: number;
  /** Change of lightness over the canvas, and height of the pattern, as fractions of full scale. */
  readonly shade: number;
  readonly contrast: number;
  /** Bars per canvas side. */
  readonly frequency: number;
}

/** Everything there is to know about one picture. */
export interface Scene {
  /** Key of the random choices of wording made later; the same in `test` and `test-style`. */
  readonly key: number;
  /** The first so many concepts are in this world. */
  readonly known: number;
  readonly background: Background;
  /** 1 to 4, in random order. */
  readonly objects: readonly SceneObject[];
}

/** Numbers of objects, weighted so that no answer to a counting question is much the likeliest. */
const objectCounts = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4];

/** Where in the room its quadrant leaves an object stands, 0 to 1: about the middle. */
function about(draw: Rng): number {
  return 0.5 + 0.4 * (draw.uniform() - 0.5);
}

/** How often the first concept of a scene is drawn several times. */
const crowded = 0.5;

/**
 * The scene at `index` of a world of `known` concepts: a pure function of its arguments in constant time.
 * @throws BifocalError when the index is not in [0, size of the split).
 */
export function scene(split: Split, index: number, seed: number, known = concepts.length): Scene {
  if (!Number.isInteger(index) || index < 0 || index >= splitSizes[split]) {
    fail("data", `emoji-world ${split}`, {
      expected: `an index in [0, ${splitSizes[split]})`,
      got: String(index),
    });
  }
  const key = foldKey("emoji-world", seed, sameScenes(split), index);
  const draw = rng(key);
  const background: Background = {
    colour: draw.integer(colours.length),
    pattern: draw.pick(["plain", "stripes", "checks"]),
    angle: draw.uniform() * 2 * Math.PI,
    shade: 0.16 * draw.uniform(),
    contrast: 0.02 + 0.04 * draw.uniform(),
    frequency: 3 + 5 * draw.uniform(),
  };
  const count = draw.pick(objectCounts);
  const copies = count > 1 && draw.uniform() < crowded ? 2 + draw.integer(count - 1) : 1;
  const places = draw.shuffle(quadrants.map((_, quadrant) => quadrant)).slice(0, count);

  const objects: SceneObject[] = [];
  for (const [i, quadrant] of places.entries()) {
    const allowed = allowedConcepts(split, quadrant, background.colour, known);
    const first = objects[0]?.concept;
    const repeated = i < copies && first !== undefined && allowed.includes(first);
    const vendor = draw.pick(trainingVendors);
    const size = draw.pick(["small", "large"] as const);
    const [least, most] = sizes[size];
    const side = least + (most - least) * draw.uniform();
    objects.push({
      concept: repeated ? first : draw.pick(allowed),
      vendor: split === "test-style" ? unseenVendor : vendor,
      quadrant,
      size,
      x: (quadrant % 2) * 0.5 + (0.5 - side) * about(draw),
      y: (quadrant >> 1) * 0.5 + (0.5 - side) * about(draw),
      side,
      flip: draw.uniform() < 0.5,
    });
  }
  return { key, known, background, objects };
}
