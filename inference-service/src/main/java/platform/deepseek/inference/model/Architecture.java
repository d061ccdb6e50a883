package platform.deepseek.inference.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Families of decoders that can be run, by their names in config.json and in GGUF metadata. */
public enum Architecture {
  LLAMA("LlamaForCausalLM", "llama", "llama"),
  QWEN2("Qwen2ForCausalLM", "qwen2", "qwen2"),
  QWEN3("Qwen3ForCausalLM", "qwen3", "qwen3"),
  /** Qwen3 with experts. */
  QWEN3_MOE("Qwen3MoeForCausalLM", "qwen3_moe", "qwen3moe"),
  /** DeepSeek-V2, V2-Lite, V2.5, Coder-V2. */
  DEEPSEEK_V2("DeepseekV2ForCausalLM", "deepseek_v2", "deepseek2"),
  /** DeepSeek-V3, V3-0324, V3.1, R1, R1-0528. */
  DEEPSEEK_V3("DeepseekV3ForCausalLM", "deepseek_v3", "deepseek2");

  private final String className;
  private final String shortName;
  private final String ggufName;

  Architecture(String className, String shortName, String ggufName) {
    this.className = className;
    this.shortName = shortName;
    this.ggufName = ggufName;
  }

  /** By the entry of {@code architectures}, or else {@code model_type}. */
  static Optional<Architecture> named(String name) {
    return Arrays.stream(values())
        .filter(a -> a.className.equals(name) || a.shortName.equals(name))
        .findFirst();
  }

  /**
   * By GGUF's name.
   *
   * @param sigmoid whether a router's scores are sigmoids, which tells the two DeepSeeks apart:
   *     there one name stands for both
   */
  static Optional<Architecture> inGguf(String name, boolean sigmoid) {
    return Arrays.stream(values())
        .filter(a -> a.ggufName.equals(name))
        .filter(a -> !a.latent() || sigmoid == (a == DEEPSEEK_V3))
        .findFirst();
  }

  /** The names that config.json can give, for error messages. */
  static String supported() {
    return Arrays.stream(values()).map(a -> a.className).collect(Collectors.joining(", "));
  }

  /** The names that GGUF files can give, for error messages. */
  static String supportedInGguf() {
    return Arrays.stream(values())
        .map(a -> a.ggufName)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** Whether attention keeps latents instead of keys and values. */
  boolean latent() {
    return this == DEEPSEEK_V2 || this == DEEPSEEK_V3;
  }

  /** Whether layers can have experts. */
  boolean sparse() {
    return latent() || this == QWEN3_MOE;
  }

  /** Whether heads of q and k are normalised. */
  boolean qkNorm() {
    return this == QWEN3 || this == QWEN3_MOE;
  }
}
