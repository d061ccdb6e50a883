package platform.deepseek.inference.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * The files that a GGUF model was cut into (keys split.no, split.count and split.tensors.count).
 *
 * @param first that was opened, by the name that it was given by
 * @param further the others, in their order
 * @param tensors in all of them together; 0 where the first does not say
 */
record GgufParts(Path first, List<Path> further, long tensors) {

  private static final long MOST = 10_000;
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  /**
   * Empty for a model in one file.
   *
   * @param path as given: behind a link names may say nothing
   */
  static Optional<GgufParts> of(Path path, GgufMetadata metadata) {
    long count = metadata.integer("split.count").orElse(1L);
    if (count <= 1) {
      return Optional.empty();
    }
    long number = metadata.integer("split.no").orElse(0L);
    Matcher name = NAME.matcher(path.getFileName().toString());
    if (count > MOST || !name.matches() || Long.parseLong(name.group(3)) != count) {
      throw CheckpointException.ofFile(
          Code.MALFORMED,
          path,
          0,
          "is one of %d parts and must be called NAME-00001-of-%05d.gguf".formatted(count, count));
    }
    if (number != 0) {
      throw CheckpointException.ofFile(
          Code.UNSUPPORTED,
          path,
          0,
          "is part %d of %d; give the first one, %s"
              .formatted(number + 1, count, named(name, 1).getFileName()));
    }
    List<Path> further =
        IntStream.rangeClosed(2, (int) count)
            .mapToObj(part -> path.resolveSibling(named(name, part)))
            .toList();
    for (Path part : further) {
      if (!Files.exists(part)) {
        throw CheckpointException.ofFile(
            Code.MISSING,
            part,
            0,
            "is one of the %d parts of the model and is not there; download it as well"
                .formatted(count));
      }
    }
    return Optional.of(
        new GgufParts(path, further, metadata.integer("split.tensors.count").orElse(0L)));
  }

  private static Path named(Matcher name, int part) {
    return Path.of("%s-%05d-of-%s.gguf".formatted(name.group(1), part, name.group(3)));
  }

  /** Refuses parts of different models, or of different versions. */
  void requireTensors(int found) {
    if (tensors != 0 && tensors != found) {
      throw CheckpointException.ofFile(
          Code.MALFORMED,
          first,
          0,
          "announces %d tensors in all parts, they have %d; download all of them again"
              .formatted(tensors, found));
    }
  }
}
