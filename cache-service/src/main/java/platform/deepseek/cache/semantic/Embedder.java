package platform.deepseek.cache.semantic;

/** Turns a text into a vector; texts that mean the same have vectors that point the same way. */
public interface Embedder {

  /**
   * Computes for some milliseconds.
   *
   * @return of any length but zero
   */
  float[] embed(String text);
}
