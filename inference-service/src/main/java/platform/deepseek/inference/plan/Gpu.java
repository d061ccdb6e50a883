package platform.deepseek.inference.plan;

import java.util.Arrays;
import java.util.Locale;

/** GPUs by their makers' data sheets (dense figures, without sparsity). */
public enum Gpu {
  A10(24, 0.6, 125),
  A40(48, 0.696, 149.7),
  A100(80, 2.039, 312),
  H100(80, 3.35, 989),
  H200(141, 4.8, 989),
  B200(180, 8.0, 2250),
  L40S(48, 0.864, 362),
  L4(24, 0.3, 121),
  RTX4090(24, 1.008, 165),
  MI300X(192, 5.3, 1307);

  /** GPUs of one machine, as they are sold. */
  public static final int PER_NODE = 8;

  private static final double GIGA = 1e9;
  private static final double TERA = 1e12;

  private final double gigabytes;
  private final double terabytesPerSecond;
  private final double teraflops;

  Gpu(double gigabytes, double terabytesPerSecond, double teraflops) {
    this.gigabytes = gigabytes;
    this.terabytesPerSecond = terabytesPerSecond;
    this.teraflops = teraflops;
  }

  /** Bytes. */
  public long memory() {
    return (long) (gigabytes * GIGA);
  }

  /** Bytes per second. */
  public double bandwidth() {
    return terabytesPerSecond * TERA;
  }

  /** Operations per second in 16-bit floating point, a multiply-add counting as two. */
  public double compute() {
    return teraflops * TERA;
  }

  /** By its name in any case. */
  public static Gpu parse(String name) {
    return Arrays.stream(values())
        .filter(gpu -> gpu.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "GPU=%s is not one of %s"
                        .formatted(name, Arrays.toString(values()).toLowerCase(Locale.ROOT))));
  }
}
