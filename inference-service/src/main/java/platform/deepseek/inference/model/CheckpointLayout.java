package platform.deepseek.inference.model;

import java.util.Optional;

/**
 * What the config says of the checkpoint and not of the model.
 *
 * @param scaledBlocks where weights in 8-bit floating point come with a factor for each block
 * @param predictionLayers layers behind the last one that predict further tokens (multi-token
 *     prediction); they are skipped
 * @param latentHalves whether the matrix from latents to keys and values is stored as two, with the
 *     keys' half of each head transposed, as newer GGUF files have it
 */
public record CheckpointLayout(
    Optional<ScaledBlocks> scaledBlocks, int predictionLayers, boolean latentHalves) {

  /** Every number as it is stored, and every layer of use. */
  static final CheckpointLayout PLAIN = new CheckpointLayout(Optional.empty(), 0, false);

  /** Rows and columns that share a factor. */
  public record ScaledBlocks(int rows, int columns) {}
}
