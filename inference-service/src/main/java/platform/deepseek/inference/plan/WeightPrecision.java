package platform.deepseek.inference.plan;

import java.util.Arrays;
import java.util.Locale;

/** In how many bits a weight is kept on a GPU, scales included. */
public enum WeightPrecision {
  FP32(32),
  BF16(16),
  FP16(16),
  /** e4m3 with a float32 factor for each 128 x 128. */
  FP8(8 + 32.0 / (128 * 128)),
  /** Blocks of 32 with a float16 scale. */
  INT8(8.5),
  /** Blocks of 32 with float16 scale and minimum. */
  INT4(5);

  private final double bits;

  WeightPrecision(double bits) {
    this.bits = bits;
  }

  /** Bytes of so many weights. */
  public long bytes(long weights) {
    return (long) Math.ceil(weights * bits / Byte.SIZE);
  }

  /** Of weights that are not in blocks where others are. */
  WeightPrecision ofOthers() {
    return switch (this) {
      case INT8, INT4 -> FP16;
      case FP32, BF16, FP16, FP8 -> this;
    };
  }

  /** By its name in any case. */
  public static WeightPrecision parse(String name) {
    return Arrays.stream(values())
        .filter(precision -> precision.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "PRECISION=%s is not one of %s"
                        .formatted(name, Arrays.toString(values()).toLowerCase(Locale.ROOT))));
  }
}
