package platform.deepseek.inference.runner;

import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.cuda.KernelText;
import platform.deepseek.inference.model.OnnxType;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.weights.DType;

/** The type of a GPU's numbers where they are not quantised. */
public enum CudaPrecision {
  FP16(OnnxType.FLOAT16, ElementType.FLOAT16, DType.F16),
  BF16(OnnxType.BFLOAT16, ElementType.BFLOAT16, DType.BF16),
  /** The same graph where attention exists in float32: on the processor, to test it. */
  FP32(OnnxType.FLOAT, ElementType.FLOAT, DType.F32);

  final OnnxType graphType;
  final ElementType elementType;

  /** Stored tensors of this type are used as they are. */
  final DType storedType;

  CudaPrecision(OnnxType graphType, ElementType elementType, DType storedType) {
    this.graphType = graphType;
    this.elementType = elementType;
    this.storedType = storedType;
  }

  /** What the output layer computes in: bf16 would round logits to steps of 0.125. */
  CudaPrecision head() {
    return this == FP32 ? FP32 : FP16;
  }

  /** Bytes of a number. */
  public int bytes() {
    return elementType.bytes();
  }

  /** Kernels whose elements are of this type; on the processor they are Java and need no text. */
  KernelModule load(Device device, String kernels) {
    return device.load(
        switch (this) {
          case FP16 -> KernelText.of(kernels + ".fp16", device);
          case BF16 -> KernelText.of(kernels + ".bf16", device);
          case FP32 -> "";
        });
  }

  /** The nearest 16-bit numbers of {@code count} floats, ties to even. */
  void round(float[] values, short[] target, int count) {
    switch (this) {
      case FP16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Float.floatToFloat16(values[i]);
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = bfloat16(values[i]);
        }
      }
      case FP32 -> throw new IllegalArgumentException("fp32 is not a type of 16 bits");
    }
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }
}
