package platform.deepseek.inference.runner;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

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
