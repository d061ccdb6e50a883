package platform.deepseek.inference.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.text.GgufTokenizer;
import platform.deepseek.inference.text.GgufVocabulary;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.GgufMetadata;
import platform.deepseek.inference.weights.SafetensorsFile;
import platform.deepseek.inference.weights.ShardedSafetensors;

/**
 * A model as it is published, opened: a folder in Hugging Face's layout, or a GGUF file.
 *
 * @param path what MODEL resolved to
 * @param files the files of weights, for dates and digests
 * @param loadingTokenizer read meanwhile: a large vocabulary takes as long as packing the weights
 */
record ModelFiles(
    Path path,
    List<Path> files,
    Checkpoint checkpoint,
    ModelConfig config,
    CompletableFuture<HuggingFaceTokenizer> loadingTokenizer) {

  private static final String INDEX = "model.safetensors.index.json";

  /** A path, or a name inside the models folder. */
  static Path resolve(String model, String modelsDir) {
    Path path = Path.of(model);
    Path named = Path.of(modelsDir).resolve(model);
    if (Files.exists(path)) {
      return path;
    }
    if (Files.exists(named)) {
      return named;
    }
    throw new IllegalArgumentException(
        "MODEL=%s is neither a path nor a name in %s: set it to a model folder or a .gguf file"
            .formatted(model, modelsDir));
  }

  static ModelFiles open(Path path) {
    if (!Files.isDirectory(path)) {
      return openGguf(path);
    }
    if (Files.exists(path.resolve("config.json"))) {
      return openFolder(path);
    }
    List<Path> ggufs = filesEndingWith(path, ".gguf");
    if (ggufs.size() == 1 || firstOfParts(ggufs)) {
      return openGguf(ggufs.getFirst());
    }
    throw new IllegalArgumentException(
        "MODEL=%s has no config.json and %d .gguf files: name a folder with config.json and"
                .formatted(path, ggufs.size())
            + " *.safetensors, or one .gguf file");
  }

  /** Whether the files are the parts of one model, by their names. */
  private static boolean firstOfParts(List<Path> ggufs) {
    String end = "-of-%05d.gguf".formatted(ggufs.size());
    return !ggufs.isEmpty() && ggufs.stream().allMatch(file -> file.toString().endsWith(end));
  }

  private static ModelFiles openFolder(Path folder) {
    ModelConfig config = ModelConfig.fromHuggingFace(folder);
    Checkpoint checkpoint =
        Files.exists(folder.resolve(INDEX))
            ? ShardedSafetensors.open(folder.resolve(INDEX))
            : SafetensorsFile.open(onlySafetensors(folder));
    return new ModelFiles(
        folder,
        filesEndingWith(folder, ".safetensors"),
        checkpoint,
        config,
        CompletableFuture.supplyAsync(() -> HuggingFaceTokenizer.load(folder)));
  }

  private static Path onlySafetensors(Path folder) {
    List<Path> files = filesEndingWith(folder, ".safetensors");
    if (files.size() != 1) {
      throw new IllegalArgumentException(
          "MODEL=%s has %d .safetensors files and no %s: is the download complete?"
              .formatted(folder, files.size(), INDEX));
    }
    return files.getFirst();
  }

  private static ModelFiles openGguf(Path path) {
    GgufFile file = GgufFile.open(path);
    return new ModelFiles(
        path,
        file.paths(),
        file,
        ModelConfig.fromGguf(file),
        CompletableFuture.supplyAsync(() -> GgufTokenizer.of(vocabulary(file.metadata()))));
  }

  private static GgufVocabulary vocabulary(GgufMetadata metadata) {
    List<String> tokens = required(metadata, metadata.strings("tokenizer.ggml.tokens"), "tokens");
    long[] types = required(metadata, metadata.integers("tokenizer.ggml.token_type"), "token_type");
    int[] tokenTypes = new int[types.length];
    for (int i = 0; i < types.length; i++) {
      tokenTypes[i] = number("tokenizer.ggml.token_type", types[i]);
    }
    return new GgufVocabulary(
        required(metadata, metadata.string("tokenizer.ggml.model"), "model"),
        required(metadata, metadata.string("tokenizer.ggml.pre"), "pre"),
        tokens,
        tokenTypes,
        required(metadata, metadata.strings("tokenizer.ggml.merges"), "merges"),
        id(metadata, "tokenizer.ggml.bos_token_id"),
        id(metadata, "tokenizer.ggml.eos_token_id"),
        metadata.bool("tokenizer.ggml.add_bos_token"),
        metadata.string("tokenizer.chat_template"));
  }

  private static <T> T required(GgufMetadata metadata, Optional<T> value, String key) {
    return value.orElseThrow(() -> metadata.missing("tokenizer.ggml." + key));
  }

  private static int number(String key, long value) {
    if (value != (int) value) {
      throw new IllegalArgumentException(
          "the GGUF file's %s is %,d, which is too large for it: fetch the file again"
              .formatted(key, value));
    }
    return (int) value;
  }

  private static OptionalInt id(GgufMetadata metadata, String key) {
    return metadata
        .integer(key)
        .map(id -> OptionalInt.of(number(key, id)))
        .orElse(OptionalInt.empty());
  }

  /** Waits for the tokenizer; its failure is thrown as it is. */
  HuggingFaceTokenizer tokenizer() {
    try {
      return loadingTokenizer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** Ids that end an answer: those of the model's config and the tokenizer's own. */
  Set<Integer> stopTokens() {
    Set<Integer> ids = new LinkedHashSet<>(config.eos());
    tokenizer().endOfSequence().ifPresent(ids::add);
    return ids;
  }

  /** The last part of the path, without .gguf and the number of a part. */
  String name() {
    String file = path.toAbsolutePath().normalize().getFileName().toString();
    return file.replaceFirst("(-00001-of-\\d{5})?\\.gguf$", "");
  }

  /** When the newest file of weights was made, in seconds since 1970. */
  long created() {
    return files.stream().mapToLong(ModelFiles::modified).max().orElse(0);
  }

  private static long modified(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis() / 1000;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> filesEndingWith(Path folder, String ending) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
