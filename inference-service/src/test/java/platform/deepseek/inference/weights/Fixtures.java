package platform.deepseek.inference.weights;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Finds the test data that lies beside the compiled tests. */
public final class Fixtures {

  private Fixtures() {}

  /** A file or folder below {@code fixtures/}. */
  public static Path path(String name) {
    var resource = Fixtures.class.getResource("/fixtures/" + name);
    if (resource == null) {
      throw new IllegalArgumentException("no fixture " + name);
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
