package platform.deepseek.inference.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The committed PTX is what {@code make kernels} makes of the committed CUDA sources. */
class KernelSourcesTest {

  private static final Path KERNELS =
      Path.of("src/main/resources/platform/deepseek/inference/cuda");
  private static final Pattern OWN_INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s*\"([^\"]+)\"", Pattern.MULTILINE);

  @Test
  void everyKernelFileHasThePtxOfItsDigest() throws Exception {
    List<Path> kernels = files(".cu");
    assertThat(kernels).isNotEmpty();
    for (Path kernel : kernels) {
      String line = "// %s sha256 %s".formatted(kernel.getFileName(), digest(sources(kernel)));
      for (String ptx : compiled(kernel)) {
        assertThat(KERNELS.resolve(ptx)).as("run make kernels").exists();
        assertThat(Files.readAllLines(KERNELS.resolve(ptx)).getFirst())
            .as("run make kernels: %s is not of its source", ptx)
            .isEqualTo(line);
      }
    }
  }

  @Test
  void everyPtxHasItsKernelFile() throws Exception {
    Set<String> expected = new LinkedHashSet<>();
    for (Path kernel : files(".cu")) {
      expected.addAll(compiled(kernel));
    }
    assertThat(files(".ptx"))
        .extracting(file -> file.getFileName().toString())
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void everyKernelParameterIsSixtyFourBitsWide() throws Exception {
    for (Path ptx : files(".ptx")) {
      // Functions that kernels call may have any parameters.
      assertThat(Ptx.parameters(Files.readString(ptx))).as("%s", ptx.getFileName()).isNotEmpty();
    }
  }

  private static List<Path> files(String suffix) throws IOException {
    try (Stream<Path> all = Files.list(KERNELS)) {
      return all.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  /** The names of what is compiled from a file, as compile_kernels.py decides it. */
  private static List<String> compiled(Path kernel) throws IOException {
    String name = kernel.getFileName().toString().replace(".cu", "");
    StringBuilder text = new StringBuilder();
    for (Path source : sources(kernel)) {
      text.append(Files.readString(source));
    }
    List<String> types = text.indexOf("ELEMENT_FP16") < 0 ? List.of("") : List.of(".fp16", ".bf16");
    List<String> architectures =
        text.indexOf("__CUDA_ARCH__ >= 900") < 0 ? List.of("") : List.of("", ".sm90");
    return types.stream()
        .flatMap(type -> architectures.stream().map(suffix -> name + type + suffix + ".ptx"))
        .toList();
  }

  /** A file and its own headers, in the order in which they are first included. */
  private static Set<Path> sources(Path file) throws IOException {
    Set<Path> seen = new LinkedHashSet<>();
    collect(file, seen);
    return seen;
  }

  private static void collect(Path file, Set<Path> seen) throws IOException {
    if (seen.add(file)) {
      var includes = OWN_INCLUDE.matcher(Files.readString(file, UTF_8));
      while (includes.find()) {
        collect(KERNELS.resolve(includes.group(1)), seen);
      }
    }
  }

  private static String digest(Set<Path> sources) throws IOException, NoSuchAlgorithmException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    for (Path source : sources) {
      sha256.update(Files.readAllBytes(source));
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
