package platform.deepseek.inference.ort;

/** Where ONNX Runtime runs a node. */
public enum ExecutionProvider {
  CPU("CPUExecutionProvider"),
  CUDA("CUDAExecutionProvider");

  /** ONNX Runtime's name of it. */
  final String id;

  ExecutionProvider(String id) {
    this.id = id;
  }
}
