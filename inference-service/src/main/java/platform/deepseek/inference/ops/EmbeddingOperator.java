package platform.deepseek.inference.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.KernelContext;

/**
 * Operator {@code Embedding}: rows of the embedding table, dequantised straight out of the mapped
 * checkpoint, so that the table takes no memory of its own. Input: ids [rows, 1] int64.
 */
final class EmbeddingOperator {

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final EmbeddingTable table;

  EmbeddingOperator(EmbeddingTable table) {
    this.table = table;
  }

  CustomOperator operator() {
    return new CustomOperator(
        "Embedding",
        List.of(ElementType.INT64),
        0,
        List.of(ElementType.FLOAT),
        info -> this::compute);
  }

  private void compute(KernelContext context) {
    int rows = context.rows(0);
    long ids = context.input(0);
    int width = table.width();
    long output = context.output(0, rows, width);
    float[] row = new float[width];
    for (int i = 0; i < rows; i++) {
      table.read((int) MEMORY.get(ValueLayout.JAVA_LONG, ids + 8L * i), row);
      MemorySegment.copy(row, 0, MEMORY, ValueLayout.JAVA_FLOAT, output + 4L * width * i, width);
    }
  }
}
