package platform.deepseek.inference.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Families of decoders that can be run, by their names in config.json and in GGUF metadata. */
public enum Architecture {
  LLAMA("LlamaForCausalLM", "llama"),
  QWEN2("Qwen2ForCausalLM", "qwen2"),
  QWEN3("Qwen3ForCausalLM", "qwen3");

  private final String className;
  private final String shortName;

  Architecture(String className, String shortName) {
    this.className = className;
    this.shortName = shortName;
  }

  /** By the entry of {@code architectures}, or else {@code model_type}, or GGUF's name. */
  static Optional<Architecture> named(String name) {
    return Arrays.stream(values())
        .filter(a -> a.className.equals(name) || a.shortName.equals(name))
        .findFirst();
  }

  /** The names that config.json can give, for error messages. */
  static String supported() {
    return Arrays.stream(values()).map(a -> a.className).collect(Collectors.joining(", "));
  }

  String shortName() {
    return shortName;
  }
}
