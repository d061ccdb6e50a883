package platform.deepseek.inference.model;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.GgufMetadata;

/** Reads a model's shape from GGUF metadata, whose keys begin with the architecture's name. */
final class GgufConfig {

  private static final long LARGEST_NUMBER = 1 << 28;

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final Architecture architecture;

  GgufConfig(GgufFile file) {
    this.file = file;
    this.metadata = file.metadata();
    String name =
        metadata
            .string("general.architecture")
            .orElseThrow(() -> metadata.missing("general.architecture"));
    this.architecture =
        Architecture.inGguf(name)
            .orElseThrow(
                () ->
                    unsupported(
                        ("architecture '%s' is not supported in GGUF files; supported are llama,"
                                + " qwen2, qwen3; DeepSeek-V2, V3, R1 and Qwen3-MoE are read from"
                                + " Hugging Face folders")
                            .formatted(name)));
  }

  ModelConfig read() {
    if (metadata.integer(key("expert_count")).orElse(0L) > 0) {
      throw unsupported("mixtures of experts are not supported; use a dense model");
    }
    int hidden = integer("embedding_length");
    int heads = integer("attention.head_count");
    int headDim = headDim(hidden, heads);
    return new ModelConfig(
            architecture,
            integer("block_count"),
            hidden,
            integer("feed_forward_length"),
            heads,
            has("attention.head_count_kv") ? integer("attention.head_count_kv") : heads,
            headDim,
            vocabulary(),
            integer("context_length"),
            metadata
                .number(key("attention.layer_norm_rms_epsilon"))
                .orElseThrow(() -> metadata.missing(key("attention.layer_norm_rms_epsilon")))
                .floatValue(),
            rope(headDim),
            file.tensors().containsKey("blk.0.attn_q.bias"),
            architecture == Architecture.QWEN3,
            !file.tensors().containsKey("output.weight"),
            bos(),
            List.copyOf(endIds()))
        .checked(file.path());
  }

  private int headDim(int hidden, int heads) {
    int headDim = has("attention.key_length") ? integer("attention.key_length") : hidden / heads;
    if (headDim < 1) {
      throw invalid("%d heads do not fit a hidden size of %d".formatted(heads, hidden));
    }
    if (has("attention.value_length") && integer("attention.value_length") != headDim) {
      throw unsupported(
          "values of another length (%d) than keys (%d) are not supported"
              .formatted(integer("attention.value_length"), headDim));
    }
    if (has("rope.dimension_count") && integer("rope.dimension_count") != headDim) {
      throw unsupported(
          "rotary positions on %d of %d dimensions are not supported; supported is all"
              .formatted(integer("rope.dimension_count"), headDim));
    }
    return headDim;
  }

  private int vocabulary() {
    if (has("vocab_size")) {
      return integer("vocab_size");
    }
    return metadata
        .strings("tokenizer.ggml.tokens")
        .filter(tokens -> !tokens.isEmpty())
        .orElseThrow(() -> metadata.missing(key("vocab_size")))
        .size();
  }

  private RotaryEmbedding rope(int headDim) {
    double base = metadata.number(key("rope.freq_base")).orElse(10_000.0);
    String type = metadata.string(key("rope.scaling.type")).orElse("none");
    var factors = file.tensors().get("rope_freqs.weight");
    return switch (type) {
      case "none" ->
          factors == null
              ? RotaryEmbedding.plain(base, headDim)
              : RotaryEmbedding.divided(base, headDim, factors(headDim));
      case "linear" -> {
        if (factors != null) {
          throw unsupported("rope_freqs.weight together with linear scaling is not supported");
        }
        yield RotaryEmbedding.linear(
            base,
            headDim,
            metadata
                .number(key("rope.scaling.factor"))
                .orElseThrow(() -> metadata.missing(key("rope.scaling.factor"))));
      }
      default ->
          throw unsupported(
              "rope scaling '%s' is not supported; supported are none, linear, rope_freqs.weight"
                  .formatted(type));
    };
  }

  private float[] factors(int headDim) {
    var tensor = file.tensors().get("rope_freqs.weight");
    if (tensor.elements() != headDim / 2 || tensor.columns() != headDim / 2) {
      throw new ModelException(
          Code.TENSOR_MISMATCHED,
          file.path(),
          "rope_freqs.weight must have shape [%d], it has %s"
              .formatted(headDim / 2, Arrays.toString(tensor.shape())));
    }
    return Dequantizer.row(tensor, 0);
  }

  private OptionalInt bos() {
    return id("tokenizer.ggml.bos_token_id");
  }

  private Set<Integer> endIds() {
    var ids = new LinkedHashSet<Integer>();
    for (String name : List.of("eos", "eot", "eom")) {
      id("tokenizer.ggml." + name + "_token_id").ifPresent(ids::add);
    }
    return ids;
  }

  /** Some writers put 2^32 - 1 where there is no such token. */
  private OptionalInt id(String key) {
    return metadata
        .integer(key)
        .filter(id -> id >= 0 && id <= LARGEST_NUMBER)
        .map(id -> OptionalInt.of(id.intValue()))
        .orElse(OptionalInt.empty());
  }

  private boolean has(String suffix) {
    return metadata.keys().contains(key(suffix));
  }

  private int integer(String suffix) {
    long value = metadata.integer(key(suffix)).orElseThrow(() -> metadata.missing(key(suffix)));
    if (value < 1 || value > LARGEST_NUMBER) {
      throw invalid(
          "%s must be from 1 to %d, it is %d".formatted(key(suffix), LARGEST_NUMBER, value));
    }
    return (int) value;
  }

  private String key(String suffix) {
    return architecture.shortName() + "." + suffix;
  }

  private ModelException invalid(String what) {
    return new ModelException(Code.CONFIG_INVALID, file.path(), what);
  }

  private ModelException unsupported(String what) {
    return new ModelException(Code.UNSUPPORTED, file.path(), what);
  }
}
