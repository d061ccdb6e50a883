package platform.deepseek.inference.runner;

import platform.deepseek.inference.ops.BlockFormat;

/** How the weights of a matrix lie on the GPU (weight_formats.cuh); rows are outputs. */
public enum WeightFormat {
  /** Numbers of the model's precision. */
  PUBLISHED("", 16, 0),
  /** Signed bytes and a float16 scale for each block of 32: y = scale * q. */
  INT8("int8_", 8, 1),
  /**
   * Nibbles 0 to 15, float16 scale and minimum for each block of 32: y = scale * q + minimum. Byte
   * i of a block's 16 holds input i in its low half and input 16 + i in its high one.
   */
  INT4("int4_", 4, 2);

  /** Bytes of a row that a kernel reads in a step. */
  private static final int STEP_BYTES = 64;

  /** Before the names of kernels that read this format. */
  final String prefix;

  /** Of a weight. */
  final int bits;

  /** Factors of a block: scale, minimum. */
  final int factors;

  WeightFormat(String prefix, int bits, int factors) {
    this.prefix = prefix;
    this.bits = bits;
    this.factors = factors;
  }

  /** Whether it is other than the model's precision. */
  public boolean quantized() {
    return factors > 0;
  }

  boolean hasMinimums() {
    return factors > 1;
  }

  /** The processor's form with the same integers. */
  BlockFormat blocks() {
    return switch (this) {
      case INT8 -> BlockFormat.INT8;
      case INT4 -> BlockFormat.INT4;
      case PUBLISHED -> throw new IllegalStateException("published weights have no blocks");
    };
  }

  /** Inputs that a kernel reads in a step. */
  int step() {
    return STEP_BYTES * Byte.SIZE / bits;
  }

  /** Row lengths are multiples of this. */
  int alignment() {
    return quantized() ? 64 : 32;
  }
}
