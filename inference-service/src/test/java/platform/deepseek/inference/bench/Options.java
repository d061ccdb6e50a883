package platform.deepseek.inference.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The arguments of {@link CudaCheck}.
 *
 * @param fixtures the folder of the tests' golden files
 * @param smollm2 the demo model's .gguf
 * @param scratch a fast folder with room for 4 GB
 * @param parts what is done
 * @param processor in float32 on the processor with small sizes, to try the report itself
 * @param seconds no part begins after so many
 * @param soakSeconds how long the mixed load lasts
 */
record Options(
    Path fixtures,
    Path smollm2,
    Path scratch,
    Set<Part> parts,
    boolean processor,
    int seconds,
    int soakSeconds) {

  /** A part of the report. */
  enum Part {
    /** What the device is and says of itself. */
    DEVICE,
    /** Golden files, the demo model's answers and its perplexity. */
    NUMERICS,
    /** Latent attention and experts: golden files, kernels by themselves, speed. */
    MIXTURES,
    /** Mixtures out of GGUF files, in 16 bits and in blocks of 8 and 4. */
    GGUF,
    /** The device's sampler by itself. */
    SAMPLING,
    /** Speed of the demo model and of a random one of 1.5 billion weights. */
    SPEED,
    /** Memory of mixed sequences. */
    MEMORY,
    /** Engines with memory for a part of their sequences. */
    PREEMPTION,
    /** Mixed loads. */
    SOAK,
    /** Memory that runs out, and a device that breaks: the last, because nothing works after. */
    FAULTS
  }

  private static final int DEFAULT_SECONDS = 300;
  private static final int DEFAULT_SOAK_SECONDS = 60;

  /** Reads FIXTURES SMOLLM2 SCRATCH [parts=a,b] [processor] [seconds=N] [soak=N]. */
  static Options parse(String[] args) {
    Set<Part> parts = EnumSet.allOf(Part.class);
    boolean processor = false;
    int seconds = DEFAULT_SECONDS;
    int soakSeconds = DEFAULT_SOAK_SECONDS;
    for (String option : Arrays.asList(args).subList(3, args.length)) {
      String value = option.substring(option.indexOf('=') + 1);
      switch (option.substring(0, option.length() - value.length())) {
        case "parts=" -> {
          parts.clear();
          for (String name : value.split(",")) {
            parts.add(Part.valueOf(name.toUpperCase(Locale.ROOT)));
          }
        }
        case "seconds=" -> seconds = Integer.parseInt(value);
        case "soak=" -> soakSeconds = Integer.parseInt(value);
        default -> {
          if (!option.equals("processor")) {
            throw new IllegalArgumentException(
                option + " is none of parts=, seconds=, soak=, processor");
          }
          processor = true;
        }
      }
    }
    return new Options(
        Path.of(args[0]),
        Path.of(args[1]),
        Path.of(args[2]),
        parts,
        processor,
        seconds,
        soakSeconds);
  }
}
