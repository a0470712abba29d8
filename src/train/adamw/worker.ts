/** A thread of the optimizer: does its part of every pass it is told of. */
import { parentPort, workerData } from "node:worker_threads";
import { adamWKernels } from "./kernels.ts";
import { lane, type Pass, type SharedUpdate } from "./lane.ts";

const kernels = adamWKernels();
parentPort!.on("message", (pass: Pass) => {
  for (const _ of lane(kernels, workerData as SharedUpdate, pass));
  parentPort!.postMessage(pass);
});
