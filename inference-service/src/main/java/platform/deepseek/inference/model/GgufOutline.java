package platform.deepseek.inference.model;

import java.nio.file.Path;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.CheckpointException;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.Tensor;

/**
 * What a GGUF file says without its weights being read.
 *
 * @param bytes of all tensors
 * @param weights that they stand for
 */
public record GgufOutline(ModelConfig config, long bytes, long weights) {

  /**
   * Reads the headers of a file, or of all files of a model.
   *
   * @throws ModelException the file is no GGUF file, or its model cannot be run
   */
  public static GgufOutline read(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      var tensors = file.tensors().values();
      return new GgufOutline(
          ModelConfig.fromGguf(file),
          tensors.stream().mapToLong(tensor -> tensor.data().byteSize()).sum(),
          tensors.stream().mapToLong(Tensor::elements).sum());
    } catch (CheckpointException e) {
      throw new ModelException(Code.CONFIG_INVALID, path, e.getMessage(), e);
    }
  }

  /** Bits of a weight on average, scales included. */
  public double bits() {
    return (double) Byte.SIZE * bytes / weights;
  }
}
