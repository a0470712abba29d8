import koffi from "koffi";

// One of ONNX Runtime's matrix kernels keeps panels of 64 KiB and more on the stack, and graph optimisers recurse:
// take the largest koffi offers.
const stackBytes = 16 * 1024 * 1024;

/** koffi runs native code on stacks of its own, 128 KiB for asynchronous calls: to be called before a library is loaded. */
export function growNativeStack(): void {
  const { sync_stack_size, async_stack_size } = koffi.config();
  if (Math.min(sync_stack_size ?? 0, async_stack_size ?? 0) < stackBytes) {
    koffi.config({ sync_stack_size: stackBytes, async_stack_size: stackBytes });
  }
}
