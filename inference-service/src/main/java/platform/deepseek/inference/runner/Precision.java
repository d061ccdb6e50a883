package platform.deepseek.inference.runner;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.BlockFormat;
import platform.deepseek.inference.ops.MatrixPacker;
import platform.deepseek.inference.weights.DType;

/** In which numbers the products of a model are computed. */
public enum Precision {
  /** Each matrix as its file has it where a block format can hold that; INT8 for others. */
  AUTO,
  /** Everything in float32: the reference. Rows depend on their batch by some 1e-5. */
  FP32,
  /** 8-bit weights in blocks of 32 and 16-bit activations. */
  INT8,
  /** 4-bit weights in blocks of 32 and 8-bit activations. */
  INT4;

  /**
   * The blocks in which a matrix is kept.
   *
   * @param stored its element type in the file
   */
  BlockFormat format(WeightRole role, DType stored) {
    return switch (this) {
      case AUTO -> MatrixPacker.keeping(stored);
      case INT8 -> BlockFormat.INT8;
      // The head decides between tokens directly, and is a small part of the work.
      case INT4 -> role == WeightRole.HEAD ? BlockFormat.INT8 : BlockFormat.INT4;
      case FP32 -> throw new IllegalStateException("float32 products are not quantised");
    };
  }

  /** Reads a configured value. */
  public static Precision parse(String text) {
    for (Precision precision : values()) {
      if (precision.name().equalsIgnoreCase(text)) {
        return precision;
      }
    }
    throw new IllegalArgumentException(
        "PRECISION=%s is not one of %s on this device"
            .formatted(
                text,
                Arrays.stream(values())
                    .map(p -> p.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", "))));
  }
}
