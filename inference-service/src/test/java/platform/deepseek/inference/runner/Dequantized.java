package platform.deepseek.inference.runner;

import java.io.IOException;
import java.nio.file.Path;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.GgufWriter;

/** Copies a GGUF file with all of its tensors in float32. */
final class Dequantized {

  private Dequantized() {}

  static Path write(Path from, Path to) throws IOException {
    GgufWriter writer = new GgufWriter();
    try (GgufFile file = GgufFile.open(from)) {
      var metadata = file.metadata();
      for (String key : metadata.keys()) {
        copy(file, key, writer);
      }
      for (var tensor : file.tensors().values()) {
        float[] values = new float[(int) tensor.elements()];
        for (int row = 0; row < tensor.rows(); row++) {
          Dequantizer.row(tensor, row, values, row * (int) tensor.columns());
        }
        writer.tensor(tensor.name(), DType.F32, values, tensor.shape());
      }
    }
    writer.write(to);
    return to;
  }

  private static void copy(GgufFile file, String key, GgufWriter writer) {
    var metadata = file.metadata();
    if (key.endsWith("_norm")) {
      writer.flag(key, metadata.bool(key).orElseThrow());
    } else if (key.endsWith("architecture") || key.endsWith(".type")) {
      writer.text(key, metadata.string(key).orElseThrow());
    } else if (metadata.number(key).orElseThrow() % 1 == 0 && !key.endsWith("_scale")) {
      writer.integer(key, metadata.number(key).orElseThrow().longValue());
    } else {
      writer.real(key, metadata.number(key).orElseThrow());
    }
  }
}
