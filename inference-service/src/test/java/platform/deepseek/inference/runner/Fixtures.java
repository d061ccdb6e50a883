package platform.deepseek.inference.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;

/** Golden files of the test resources. */
final class Fixtures {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Fixtures() {}

  static Path path(String relative) {
    return Path.of("src/test/resources/fixtures").resolve(relative);
  }

  /** The real model, which {@code make test} obtains. */
  static Path demoModel() {
    String configured = System.getProperty("demo.model", System.getenv("DEMO_MODEL"));
    String cache = System.getenv("XDG_CACHE_HOME");
    Path model =
        configured != null
            ? Path.of(configured)
            : (cache == null ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache))
                .resolve("deepseek-platform/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    if (!Files.exists(model)) {
      throw new IllegalStateException(
          "the demo model is not at " + model + "; run make test, which obtains it");
    }
    return model;
  }

  static JsonNode json(String relative) {
    try {
      return JSON.readTree(path(relative).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  /** An array that a golden file refers to, read from the file beside it. */
  static float[] floats(String folder, JsonNode reference) {
    try {
      byte[] bytes = Files.readAllBytes(path(folder).resolve(reference.get("file").textValue()));
      int count = 1;
      for (JsonNode dimension : reference.get("shape")) {
        count *= dimension.intValue();
      }
      float[] values = new float[count];
      ByteBuffer.wrap(bytes, reference.get("offset_bytes").intValue(), 4 * count)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
