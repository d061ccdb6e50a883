package platform.deepseek.inference.text.template;

/**
 * What one rendering may use. A template comes from a model folder and its variables from a client,
 * so neither may decide how long a thread works or how much memory it takes.
 *
 * @param steps evaluated nodes, plus one for every 64 characters or elements an operation touches
 * @param outputCharacters length of the result in UTF-16 units
 * @param allocatedCharacters sum of the sizes of all values made on the way, one element of a list
 *     counting as 8 characters
 * @param depth nesting of expressions, blocks and macro calls
 */
public record Limits(long steps, int outputCharacters, long allocatedCharacters, int depth) {

  /** Ten million steps, 16 Mi characters of output, 128 Mi characters in all, depth 300. */
  public static final Limits DEFAULT = new Limits(10_000_000, 16 << 20, 128L << 20, 300);

  public Limits {
    if (steps < 1 || outputCharacters < 1 || allocatedCharacters < 1 || depth < 1) {
      throw new IllegalArgumentException("Every limit of a template must be at least 1.");
    }
  }
}
