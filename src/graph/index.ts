/** The traced tensor graph: build it with tensors, differentiate it, close it, print it. */
export * from "./functions.ts";
export * from "./grad.ts";
export * from "./graph.ts";
export * from "./ops/index.ts";
export * from "./rearrange.ts";
export * from "./resize.ts";
export * from "./tensor.ts";
export * from "./trace.ts";
