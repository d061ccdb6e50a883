package platform.deepseek.inference.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import platform.deepseek.inference.weights.CheckpointException.Code;

/** Named tensors of one or several mapped files. Closing unmaps them. */
public interface Checkpoint extends AutoCloseable {

  Map<String, Tensor> tensors();

  @Override
  void close();

  /**
   * Opens a GGUF file, a safetensors file, or a folder with {@code model.safetensors} or its
   * shards.
   *
   * @throws CheckpointException if there is none, or it is not what its name says
   */
  static Checkpoint open(Path path) {
    if (Files.isDirectory(path)) {
      Path index = path.resolve("model.safetensors.index.json");
      Path single = path.resolve("model.safetensors");
      if (Files.exists(index)) {
        return ShardedSafetensors.open(index);
      }
      if (Files.exists(single)) {
        return SafetensorsFile.open(single);
      }
      throw CheckpointException.ofFile(
          Code.MISSING,
          path,
          0,
          "the folder has neither model.safetensors nor model.safetensors.index.json;"
              + " for a GGUF model give the file itself");
    }
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".gguf")) {
      return GgufFile.open(path);
    }
    if (name.endsWith(".safetensors")) {
      return SafetensorsFile.open(path);
    }
    throw CheckpointException.ofFile(
        Code.UNSUPPORTED, path, 0, "give a folder, a .safetensors file or a .gguf file");
  }
}
