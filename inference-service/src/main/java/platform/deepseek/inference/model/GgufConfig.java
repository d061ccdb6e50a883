package platform.deepseek.inference.model;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.weights.GgufFile;

/**
 * Reads a model's shape from GGUF metadata, whose keys begin with the architecture's name.
 *
 * <p>DeepSeek's files exist in two forms. Those of before April 2025 have the matrix from latents
 * to keys and values whole, and say the lengths of a head in {@code key_length} and {@code
 * value_length}; later ones have it in two halves, and those keys speak of the latent. What the
 * tensors are decides.
 */
final class GgufConfig {

  private final GgufFields fields;
  private final Architecture architecture;
  private final int layers;

  GgufConfig(GgufFile file) {
    this.fields = GgufFields.of(file);
    this.architecture =
        Architecture.inGguf(fields.architecture(), GgufMixture.sigmoid(fields))
            .orElseThrow(
                () ->
                    fields.unsupported(
                        "architecture '%s' is not supported in GGUF files; supported are %s"
                            .formatted(fields.architecture(), Architecture.supportedInGguf())));
    this.layers = fields.integer("block_count") - furtherLayers();
    if (layers < 1) {
      throw fields.invalid(
          "all of the %d layers predict further tokens".formatted(fields.integer("block_count")));
    }
  }

  ModelConfig read() {
    refuseWhatIsNotImplemented();
    int hidden = fields.integer("embedding_length");
    int heads = fields.integer("attention.head_count");
    var rotary = new GgufRotary(fields, architecture);
    var latent = latent(rotary);
    int headDim = latent.map(LatentAttention::queryDim).orElseGet(() -> headDim(hidden, heads));
    return new ModelConfig(
            architecture,
            layers,
            hidden,
            fields.integer("feed_forward_length"),
            heads,
            latent.isPresent() ? 1 : keyHeads(heads),
            headDim,
            vocabulary(),
            fields.integer("context_length"),
            (float) fields.number("attention.layer_norm_rms_epsilon"),
            rotary.read(latent.map(LatentAttention::rotaryDim).orElse(headDim)),
            fields.hasTensor(WeightRole.Q_BIAS.ggufName(0)),
            architecture.qkNorm(),
            !fields.hasTensor(WeightRole.HEAD.ggufName(0)),
            id("tokenizer.ggml.bos_token_id"),
            List.copyOf(endIds()),
            latent,
            new GgufMixture(fields, layers).read(architecture),
            new CheckpointLayout(
                Optional.empty(),
                furtherLayers(),
                latent.isPresent() && !fields.hasTensor(WeightRole.KV_B.ggufName(0))))
        .checked(fields.path());
  }

  /** Layers that predict further tokens count as blocks. */
  private int furtherLayers() {
    return fields.integerOr("nextn_predict_layers", 0);
  }

  private void refuseWhatIsNotImplemented() {
    double temperature = fields.numberOr("attention.temperature_scale", 0);
    if (temperature != 0) {
      throw fields.unsupported(
          "%s %s is not supported"
              .formatted(fields.key("attention.temperature_scale"), temperature));
    }
    double epsilon = fields.number("attention.layer_norm_rms_epsilon");
    if (architecture.latent() && (float) epsilon != (float) HuggingFaceConfig.LATENT_EPSILON) {
      throw fields.unsupported(
          "%s %s is not supported for this architecture; supported is %s"
              .formatted(
                  fields.key("attention.layer_norm_rms_epsilon"),
                  epsilon,
                  HuggingFaceConfig.LATENT_EPSILON));
    }
  }

  private int keyHeads(int heads) {
    return fields.has("attention.head_count_kv")
        ? fields.integer("attention.head_count_kv")
        : heads;
  }

  private Optional<LatentAttention> latent(GgufRotary positions) {
    if (!architecture.latent()) {
      return Optional.empty();
    }
    boolean whole = !fields.has("attention.key_length_mla");
    int query = fields.integer(whole ? "attention.key_length" : "attention.key_length_mla");
    int value = fields.integer(whole ? "attention.value_length" : "attention.value_length_mla");
    int rotary = fields.integer("rope.dimension_count");
    if (rotary >= query) {
      throw fields.invalid(
          "%d of a head's %d channels are turned, so none is left".formatted(rotary, query));
    }
    boolean compressed = fields.hasTensor(WeightRole.Q_A.ggufName(0));
    return Optional.of(
        new LatentAttention(
            compressed ? fields.integer("attention.q_lora_rank") : 0,
            fields.integer("attention.kv_lora_rank"),
            query - rotary,
            rotary,
            value,
            positions.scoreFactor() / Math.sqrt(query)));
  }

  private int headDim(int hidden, int heads) {
    int headDim =
        fields.has("attention.key_length")
            ? fields.integer("attention.key_length")
            : hidden / heads;
    if (headDim < 1) {
      throw fields.invalid("%d heads do not fit a hidden size of %d".formatted(heads, hidden));
    }
    if (fields.has("attention.value_length")
        && fields.integer("attention.value_length") != headDim) {
      throw fields.unsupported(
          "values of another length (%d) than keys (%d) are not supported"
              .formatted(fields.integer("attention.value_length"), headDim));
    }
    if (fields.has("rope.dimension_count") && fields.integer("rope.dimension_count") != headDim) {
      throw fields.unsupported(
          "rotary positions on %d of %d dimensions are not supported; supported is all"
              .formatted(fields.integer("rope.dimension_count"), headDim));
    }
    return headDim;
  }

  private int vocabulary() {
    if (fields.has("vocab_size")) {
      return fields.integer("vocab_size");
    }
    return fields
        .metadata()
        .strings("tokenizer.ggml.tokens")
        .filter(tokens -> !tokens.isEmpty())
        .orElseThrow(() -> fields.metadata().missing(fields.key("vocab_size")))
        .size();
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
    return fields
        .metadata()
        .integer(key)
        .filter(id -> id >= 0 && id <= GgufFields.LARGEST_NUMBER)
        .map(id -> OptionalInt.of(id.intValue()))
        .orElse(OptionalInt.empty());
  }
}
