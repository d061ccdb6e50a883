package platform.deepseek.inference.ops;

import platform.deepseek.inference.ort.CustomOperator;

/** The operator of a model's attention, and its cache, which closes with it. */
sealed interface AttendingOperator extends AutoCloseable
    permits AttentionOperator, LatentAttentionOperator {

  AttentionCache cache();

  /** Tells which rows the next run has. */
  void begin(RaggedBatch batch);

  CustomOperator operator();

  @Override
  void close();
}
