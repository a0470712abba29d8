import { onnxBackend } from "#src/backends/onnx/index.ts";
import { conformance } from "./suite.ts";

conformance(onnxBackend);
