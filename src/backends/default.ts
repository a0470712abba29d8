/** The backend a run gets without a choice, and what can be told about it; callers need not know which one it is. */
export { onnxBackend as defaultBackend } from "./onnx/index.ts";
export { loadOrt, ortLibraryPath } from "./onnx/ort-library.ts";
export { describeTorch } from "./torch/describe.ts";
export { installTorch } from "./torch/find-torch.ts";
