package platform.deepseek.inference.api.contract;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The examples that this service and a sibling are both held to.
 *
 * @param folder of this side's copies
 */
public record Examples(Path folder) {

  public static final Examples AUTH_SERVICE =
      new Examples(Path.of("src/test/resources/contract/auth"));
  public static final Examples CACHE_SERVICE =
      new Examples(Path.of("src/test/resources/contract/cache"));

  private static final ObjectMapper JSON = new ObjectMapper();

  public ObjectNode read(String name) {
    try {
      return parse(Files.readString(folder.resolve(name + ".json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public List<String> lines(String name) {
    try {
      return Files.readAllLines(folder.resolve(name + ".ndjson"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static ObjectNode parse(String json) {
    try {
      return (ObjectNode) JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
