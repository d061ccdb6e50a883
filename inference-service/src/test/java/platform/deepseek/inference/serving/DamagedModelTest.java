package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.PackedBytes;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.weights.Checkpoint;

/**
 * Model files damaged many times with fixed seeds, opened as a start opens them. Each may be taken
 * or refused; a refusal is a sentence that the log tells alone, never a fault with its trace.
 */
class DamagedModelTest {

  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
  private static final int ROUNDS = 40;
  private static final long[] NASTY = {
    0, -1, 2, 255, 65_536, Integer.MAX_VALUE, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE
  };

  @TempDir private Path folder;

  /**
   * @param header bytes from the start of the file that are damaged
   */
  @ParameterizedTest
  @CsvSource({
    "gguf/tiny_qwen2_q8_0.gguf, m.gguf, 12000",
    "gguf/tiny_llama_mixed.gguf, m.gguf, 12000",
    "models/llama3_rope/config.json, config.json, 825",
    "models/llama3_rope/tokenizer.json, tokenizer.json, 23939",
    "models/llama3_rope/model.safetensors, model.safetensors, 2500"
  })
  void aDamagedFileIsRefusedInASentenceOrTaken(String original, String name, int header)
      throws IOException {
    Path source = FIXTURES.resolve(original);
    byte[] whole = Files.readAllBytes(source);
    if (!name.endsWith(".gguf")) {
      for (String other : List.of("config.json", "tokenizer.json", "model.safetensors")) {
        Files.copy(source.resolveSibling(other), folder.resolve(other));
      }
    }
    List<String> faults = new ArrayList<>();
    int refused = 0;
    for (int seed = 0; seed < ROUNDS; seed++) {
      // A file of its own each time: one that is mapped is not written to.
      Path file = folder.resolve(name);
      Files.deleteIfExists(file);
      Files.write(file, damaged(whole, Math.min(header, whole.length), new Random(seed)));
      Optional<Throwable> failure = opened(name.endsWith(".gguf") ? file : folder);
      refused += failure.isPresent() ? 1 : 0;
      int round = seed;
      failure.filter(DamagedModelTest::isFault).ifPresent(f -> faults.add(round + ": " + f));
    }
    assertThat(faults).isEmpty();
    assertThat(refused).isGreaterThan(ROUNDS / 10);
  }

  private static byte[] damaged(byte[] whole, int header, Random random) {
    byte[] bytes = whole.clone();
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      int at = random.nextInt(header);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> {
          long number = NASTY[random.nextInt(NASTY.length)];
          int width = random.nextBoolean() ? 4 : 8;
          for (int i = 0; i < Math.min(width, header - at); i++) {
            bytes[at + i] = (byte) (number >>> 8 * i);
          }
        }
        default -> {
          int length = Math.min(1 + random.nextInt(40), header - at);
          System.arraycopy(whole, random.nextInt(header - length), bytes, at, length);
        }
      }
    }
    return bytes;
  }

  private static Optional<Throwable> opened(Path path) {
    try {
      ModelFiles files = ModelFiles.open(path);
      try (Checkpoint checkpoint = files.checkpoint()) {
        ModelWeights weights = new ModelWeights(files.config(), checkpoint);
        PackedBytes.of(weights, Precision.AUTO);
        HuggingFaceTokenizer tokenizer = files.tokenizer();
        files.stopTokens().forEach(tokenizer::isSpecial);
        tokenizer
            .config()
            .chatTemplate()
            .ifPresent(template -> PromptEncoder.of(tokenizer, template));
      }
      return Optional.empty();
    } catch (RuntimeException | Error failure) {
      return Optional.of(failure);
    }
  }

  private static boolean isFault(Throwable failure) {
    LogRecord event = new LogRecord(Level.SEVERE, "");
    event.setLoggerName("io.quarkus.runtime.Application");
    event.setThrown(failure);
    new ConsoleFilter().isLoggable(event);
    return event.getThrown() != null;
  }
}
