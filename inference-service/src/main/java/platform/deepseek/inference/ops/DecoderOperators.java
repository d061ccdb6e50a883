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
  private final AttendingOperator attention;
  private final ProductOperator product;
  private final ExpertsOperator experts;
  private final Weights weights;
  private final OperatorDomain domain;

  /**
   * What the operators multiply with, by the numbers that the graph has for it.
   *
   * @param matrices of the products
   * @param experts of the layers that have some
   */
  public record Weights(List<BlockMatrix> matrices, List<ExpertLayer> experts)
      implements AutoCloseable {

    public Weights {
      matrices = List.copyOf(matrices);
      experts = List.copyOf(experts);
    }

    @Override
    public void close() {
      matrices.forEach(BlockMatrix::close);
      experts.forEach(ExpertLayer::close);
    }
  }

  /**
   * @param slots of the cache
   * @param maxRows tokens of one run at most
   * @param threads ONNX Runtime's, among which work is shared out
   */
  public DecoderOperators(
      AttentionShape shape,
      EmbeddingTable embedding,
      Weights weights,
      int slots,
      int maxRows,
      int threads) {
    this.weights = weights;
    this.attention =
        switch (shape) {
          case DecoderShape heads -> new AttentionOperator(heads, slots);
          case LatentShape latent -> new LatentAttentionOperator(latent, slots, maxRows, threads);
        };
    this.product = new ProductOperator(weights.matrices(), shape.epsilon(), threads, maxRows);
    this.experts = new ExpertsOperator(weights.experts(), shape.epsilon(), threads, maxRows);
    this.domain =
        OperatorDomain.create(
            arena,
            DOMAIN,
            ExecutionProvider.CPU,
            List.of(
                attention.operator(),
                product.operator(),
                experts.operator(),
                new EmbeddingOperator(embedding).operator()));
  }

  public OperatorDomain domain() {
    return domain;
  }

  public AttentionCache cache() {
    return attention.cache();
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
    experts.close();
    weights.close();
  }
}
