package platform.deepseek.inference.ops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What this processor can do, as Linux reports it. */
final class Processor {

  /** 256-bit integers and fused multiply-add: what the kernels are written in. */
  static final boolean AVX2 =
      "amd64".equals(System.getProperty("os.arch")) && flags().containsAll(Set.of("avx2", "fma"));

  /** Processors of one kind compute the same bits with the same program. */
  static final String KIND =
      System.getProperty("os.arch")
          + Stream.of("avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8")
              .filter(flags()::contains)
              .map(flag -> " " + flag)
              .collect(Collectors.joining());

  private Processor() {}

  private static Set<String> flags() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.exists(file)) {
      return Set.of();
    }
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.of(line.substring(line.indexOf(':') + 1).trim().split("\\s+")))
          .orElse(Set.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
