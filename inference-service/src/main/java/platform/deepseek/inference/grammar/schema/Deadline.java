package platform.deepseek.inference.grammar.schema;

import java.time.Duration;

/** How long one schema may take. All other limits hold long before, for schemas of good will. */
final class Deadline {

  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final long start = System.nanoTime();

  void check(String path) {
    if (System.nanoTime() - start > LIMIT.toNanos()) {
      throw new UnsupportedSchemaException(
          path,
          "schema",
          "it took more than %d seconds to become a grammar; make it simpler"
              .formatted(LIMIT.toSeconds()));
    }
  }
}
