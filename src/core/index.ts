/** Dtypes, shapes, counter-based randomness and errors: what every other folder stands on. */
export * from "./dtype.ts";
export * from "./errors.ts";
export * from "./rng.ts";
export * from "./shape.ts";
