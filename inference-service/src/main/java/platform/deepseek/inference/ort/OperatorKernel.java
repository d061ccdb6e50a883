package platform.deepseek.inference.ort;

/** One node's computation. Called by ONNX Runtime on the thread that runs the session. */
@FunctionalInterface
public interface OperatorKernel {
  void compute(KernelContext context);
}
