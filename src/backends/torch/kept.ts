import type { TypedArray } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import type { Kept } from "../backend.ts";
import { int, ints } from "./emit.ts";
import type { Handle, TorchEngine } from "./engine.ts";

interface Place extends Kept {
  /** f32[length] on the device. */
  readonly handle: Handle;
  readonly array: Float32Array;
}

// By engine and by the memory behind the array, which views share.
const places = new WeakMap<TorchEngine, WeakMap<ArrayBufferLike, Place[]>>();

/** The place whose array holds all of `array`. */
function placeOf(engine: TorchEngine, array: TypedArray): Place | undefined {
  const end = array.byteOffset + array.byteLength;
  return places
    .get(engine)
    ?.get(array.buffer)
    ?.find(
      ({ array: whole }) =>
        array.byteOffset >= whole.byteOffset && end <= whole.byteOffset + whole.byteLength,
    );
}

/** Device memory is given back with the array. */
const abandoned = new FinalizationRegistry(({ engine, handle }: { engine: TorchEngine; handle: Handle }) =>
  engine.free(handle),
);

/** Memory of the device for an array, filled when it is made; an array or a view of it asked for again has the same. */
export function keep(engine: TorchEngine, array: Float32Array): Kept {
  const known = placeOf(engine, array);
  if (known !== undefined) return known;
  const handle = engine.empty("f32", [array.length]);
  const move = (toDevice: boolean) => {
    const host = engine.over(array, "f32", [array.length]);
    try {
      engine.copy(toDevice ? handle : host, toDevice ? host : handle, "torch, kept array");
    } finally {
      engine.free(host);
    }
  };
  const place = { handle, array, send: () => move(true), fetch: () => move(false) };
  const ofEngine = places.get(engine) ?? new WeakMap<ArrayBufferLike, Place[]>();
  places.set(engine, ofEngine);
  ofEngine.set(array.buffer, [...(ofEngine.get(array.buffer) ?? []), place]);
  abandoned.register(array.buffer, { engine, handle });
  place.send();
  return place;
}

/** The part of a kept array that `array` is a view of, with the given shape; undefined where it is not kept. */
export function keptView(engine: TorchEngine, array: TypedArray, shape: Shape): Handle | undefined {
  const place = placeOf(engine, array);
  if (place === undefined) return undefined;
  const start = (array.byteOffset - place.array.byteOffset) / place.array.BYTES_PER_ELEMENT;
  const whole = { id: 0 };
  const narrow = [whole, int(0), int(start), int(array.length)];
  const [part] = engine.call("aten::narrow", "", narrow, 1, () => engine.share(place.handle), "");
  return engine.call("aten::reshape", "", [whole, ints(shape)], 1, () => part!, "")[0]!;
}
