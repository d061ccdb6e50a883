package platform.deepseek.inference.model;

import java.util.Optional;

/**
 * What the config says of the checkpoint and not of the model.
 *
 * @param scaledBlocks where weights in 8-bit floating point come with a factor for each block
 * @param predictionLayers layers behind the last one that predict further tokens (multi-token
 *     prediction); they are skipped
 */
public record CheckpointLayout(Optional<ScaledBlocks> scaledBlocks, int predictionLayers) {

  /** Every number as it is stored, and every layer of use. */
  static final CheckpointLayout PLAIN = new CheckpointLayout(Optional.empty(), 0);

  /** Rows and columns that share a factor. */
  public record ScaledBlocks(int rows, int columns) {}
}
