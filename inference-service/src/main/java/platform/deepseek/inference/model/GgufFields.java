package platform.deepseek.inference.model;

import java.nio.file.Path;
import java.util.Optional;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.GgufMetadata;
import platform.deepseek.inference.weights.Tensor;

/**
 * What a GGUF file says of its model, by keys without the architecture's name before them.
 *
 * @param architecture the file's name of it, with which the keys begin
 */
record GgufFields(GgufFile file, String architecture) {

  static final long LARGEST_NUMBER = 1 << 28;

  static GgufFields of(GgufFile file) {
    String name = "general.architecture";
    GgufMetadata metadata = file.metadata();
    return new GgufFields(file, metadata.string(name).orElseThrow(() -> metadata.missing(name)));
  }

  GgufMetadata metadata() {
    return file.metadata();
  }

  Path path() {
    return file.path();
  }

  boolean has(String suffix) {
    return metadata().keys().contains(key(suffix));
  }

  /** A number from 1 on that must be there. */
  int integer(String suffix) {
    long value = metadata().integer(key(suffix)).orElseThrow(() -> metadata().missing(key(suffix)));
    if (value < 1 || value > LARGEST_NUMBER) {
      throw invalid(
          "%s must be from 1 to %d, it is %d".formatted(key(suffix), LARGEST_NUMBER, value));
    }
    return (int) value;
  }

  /** A number from 0 on. */
  int integerOr(String suffix, int otherwise) {
    if (!has(suffix)) {
      return otherwise;
    }
    return metadata().integer(key(suffix)).orElseThrow() == 0 ? 0 : integer(suffix);
  }

  double number(String suffix) {
    return metadata().number(key(suffix)).orElseThrow(() -> metadata().missing(key(suffix)));
  }

  double numberOr(String suffix, double otherwise) {
    return metadata().number(key(suffix)).orElse(otherwise);
  }

  boolean flagOr(String suffix, boolean otherwise) {
    return metadata().bool(key(suffix)).orElse(otherwise);
  }

  Optional<String> text(String suffix) {
    return metadata().string(key(suffix));
  }

  boolean hasTensor(String name) {
    return file.tensors().containsKey(name);
  }

  Optional<Tensor> tensor(String name) {
    return Optional.ofNullable(file.tensors().get(name));
  }

  String key(String suffix) {
    return architecture + "." + suffix;
  }

  ModelException invalid(String what) {
    return new ModelException(Code.CONFIG_INVALID, path(), what);
  }

  ModelException unsupported(String what) {
    return new ModelException(Code.UNSUPPORTED, path(), what);
  }
}
