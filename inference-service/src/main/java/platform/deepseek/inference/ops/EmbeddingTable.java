package platform.deepseek.inference.ops;

/** Rows of a model's embedding, as float32. */
public interface EmbeddingTable {

  int width();

  /** Fills {@code row} with the embedding of a token. */
  void read(int token, float[] row);
}
