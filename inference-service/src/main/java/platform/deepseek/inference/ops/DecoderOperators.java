package platform.deepseek.inference.ops;

import java.lang.foreign.Arena;
import java.util.List;
import platform.deepseek.inference.ort.ExecutionProvider;
import platform.deepseek.inference.ort.OperatorDomain;

/**
 * The operators of our own for one loaded model, and what they share: the KV cache, the quantised
 * matrices and the batch of the moment.
 */
public final class DecoderOperators implements AutoCloseable {

  /** The operators' domain in the graph. */
  public static final String DOMAIN = "deepseek";

  private final Arena arena = Arena.ofShared();
  private final KvCache cache;
  private final List<BlockMatrix> matrices;
  private final AttentionOperator attention;
  private final ProductOperator product;
  private final OperatorDomain domain;

  /**
   * @param slots of the KV cache
   * @param maxRows tokens of one run at most
   * @param threads ONNX Runtime's, among which work is shared out
   */
  public DecoderOperators(
      DecoderShape shape,
      EmbeddingTable embedding,
      List<BlockMatrix> matrices,
      int slots,
      int maxRows,
      int threads) {
    this.cache =
        new KvCache(shape.layers(), slots, shape.kvHeads(), shape.headSize(), shape.context());
    this.matrices = List.copyOf(matrices);
    this.attention = new AttentionOperator(shape, cache);
    this.product = new ProductOperator(this.matrices, shape.epsilon(), threads, maxRows);
    this.domain =
        OperatorDomain.create(
            arena,
            DOMAIN,
            ExecutionProvider.CPU,
            List.of(
                attention.operator(),
                product.operator(),
                new EmbeddingOperator(embedding).operator()));
  }

  public OperatorDomain domain() {
    return domain;
  }

  public KvCache cache() {
    return cache;
  }

  /** Tells which rows the next run has; before every run. */
  public void begin(RaggedBatch batch) {
    attention.begin(batch);
  }

  /** After the session is closed. */
  @Override
  public void close() {
    arena.close();
    attention.close();
    product.close();
    cache.close();
    matrices.forEach(BlockMatrix::close);
  }
}
