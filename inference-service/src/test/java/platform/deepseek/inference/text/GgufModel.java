package platform.deepseek.inference.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.GgufMetadata;

/** Tokenizers of GGUF files, for tests. */
final class GgufModel {

  private GgufModel() {}

  static HuggingFaceTokenizer tokenizer(Path file) {
    try (var gguf = GgufFile.open(file)) {
      return GgufTokenizer.of(vocabulary(gguf.metadata()));
    }
  }

  /** The tokenizer.json that stands for a file's vocabulary. */
  static TokenizerFile tokenizerFile(Path file) {
    try (var gguf = GgufFile.open(file)) {
      var vocabulary = vocabulary(gguf.metadata());
      return GgufTokenizer.file(vocabulary, PreTokenizer.named(vocabulary.preTokenizer()));
    }
  }

  /** The real model of the demo, which the build brings once. */
  static Path demo() {
    String set = System.getProperty("demo.model", System.getenv("DEMO_MODEL"));
    String cache = System.getenv("XDG_CACHE_HOME");
    var file =
        set != null
            ? Path.of(set)
            : (cache != null ? Path.of(cache) : Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("deepseek-platform/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    if (!Files.exists(file)) {
      throw new IllegalStateException(
          file + " is missing: set DEMO_MODEL to the path of SmolLM2-135M-Instruct.Q4_1.gguf.");
    }
    return file;
  }

  private static GgufVocabulary vocabulary(GgufMetadata metadata) {
    return new GgufVocabulary(
        metadata.string("tokenizer.ggml.model").orElseThrow(),
        metadata.string("tokenizer.ggml.pre").orElseThrow(),
        metadata.strings("tokenizer.ggml.tokens").orElseThrow(),
        Arrays.stream(metadata.integers("tokenizer.ggml.token_type").orElseThrow())
            .mapToInt(Math::toIntExact)
            .toArray(),
        metadata.strings("tokenizer.ggml.merges").orElseThrow(),
        token(metadata, "tokenizer.ggml.bos_token_id"),
        token(metadata, "tokenizer.ggml.eos_token_id"),
        metadata.bool("tokenizer.ggml.add_bos_token"),
        metadata.string("tokenizer.chat_template"));
  }

  private static OptionalInt token(GgufMetadata metadata, String key) {
    var token = metadata.integer(key);
    return token.isPresent() ? OptionalInt.of(Math.toIntExact(token.get())) : OptionalInt.empty();
  }
}
