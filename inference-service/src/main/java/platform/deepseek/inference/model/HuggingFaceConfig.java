package platform.deepseek.inference.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.model.CheckpointLayout.ScaledBlocks;

/**
 * Reads config.json in its older spelling ({@code rope_theta} beside {@code rope_scaling}) and its
 * newer one ({@code rope_parameters}). What would change the arithmetic and is not implemented is
 * refused: a model that answers fluent nonsense is worse than an error.
 */
final class HuggingFaceConfig {

  /** The epsilon of the norms inside latent attention, whatever the config says of the others. */
  static final double LATENT_EPSILON = 1e-6;

  private final ConfigFields config;
  private final ConfigFields generation;

  HuggingFaceConfig(Path folder) {
    this.config = ConfigFields.read(folder.resolve("config.json"));
    Path generationPath = folder.resolve("generation_config.json");
    this.generation =
        Files.exists(generationPath)
            ? ConfigFields.read(generationPath)
            : new ConfigFields(generationPath, MissingNode.getInstance());
  }

  ModelConfig read() {
    var architecture = architecture();
    refuseWhatIsNotImplemented(architecture);
    int hidden = config.integer("hidden_size");
    int heads = config.integer("num_attention_heads");
    var latent = latent(architecture);
    int headDim = latent.map(LatentAttention::queryDim).orElseGet(() -> headDim(hidden, heads));
    return new ModelConfig(
            architecture,
            config.integer("num_hidden_layers"),
            hidden,
            config.integer("intermediate_size"),
            heads,
            latent.isPresent() ? 1 : keyHeads(heads),
            headDim,
            config.integer("vocab_size"),
            config.integer("max_position_embeddings"),
            (float) config.number("rms_norm_eps", 1e-6),
            new RotaryConfig(config).read(latent.map(LatentAttention::rotaryDim).orElse(headDim)),
            architecture == Architecture.QWEN2,
            architecture.qkNorm(),
            config.flag("tie_word_embeddings"),
            firstId("bos_token_id"),
            List.copyOf(endIds()),
            latent,
            new MixtureConfig(config).read(architecture),
            new CheckpointLayout(
                scaledBlocks(), config.integerOr("num_nextn_predict_layers", 0), false))
        .checked(config.path());
  }

  private Architecture architecture() {
    var listed = config.node().path("architectures").path(0);
    String name = listed.isTextual() ? listed.asText() : config.text("model_type", "");
    return Architecture.named(name)
        .orElseThrow(
            () ->
                config.unsupported(
                    "architecture '%s' is not supported; supported are %s"
                        .formatted(name, Architecture.supported())));
  }

  private void refuseWhatIsNotImplemented(Architecture architecture) {
    String activation = config.text("hidden_act", "silu");
    if (!activation.equals("silu")) {
      throw config.unsupported(
          "hidden_act '" + activation + "' is not supported; supported is silu");
    }
    if (architecture != Architecture.QWEN2 && config.flag("attention_bias")) {
      throw config.unsupported("attention_bias (it includes the output product) is not supported");
    }
    if (config.flag("mlp_bias")) {
      throw config.unsupported("mlp_bias is not supported");
    }
    if (config.flag("use_sliding_window") && config.given("sliding_window")) {
      throw config.unsupported(
          "sliding window attention is not supported; use_sliding_window is true");
    }
    for (var type : config.node().path("layer_types")) {
      if (!type.asText().equals("full_attention")) {
        throw config.unsupported(
            "layer type '" + type.asText() + "' is not supported; supported is full_attention");
      }
    }
    double epsilon = config.number("rms_norm_eps", LATENT_EPSILON);
    if (architecture.latent() && (float) epsilon != (float) LATENT_EPSILON) {
      throw config.unsupported(
          "rms_norm_eps %s is not supported for this architecture; supported is %s"
              .formatted(epsilon, LATENT_EPSILON));
    }
  }

  private Optional<LatentAttention> latent(Architecture architecture) {
    if (!architecture.latent()) {
      return Optional.empty();
    }
    int content = config.integer("qk_nope_head_dim");
    int rotary = config.integer("qk_rope_head_dim");
    return Optional.of(
        new LatentAttention(
            config.integerOr("q_lora_rank", 0),
            config.integer("kv_lora_rank"),
            content,
            rotary,
            config.integer("v_head_dim"),
            new RotaryConfig(config).scoreFactor() / Math.sqrt(content + rotary)));
  }

  private Optional<ScaledBlocks> scaledBlocks() {
    if (!config.given("quantization_config")) {
      return Optional.empty();
    }
    var quantization = config.in("quantization_config");
    String method = quantization.text("quant_method", "");
    var block = quantization.node().path("weight_block_size");
    boolean known = method.equals("fp8") && quantization.text("fmt", "e4m3").equals("e4m3");
    if (!known || block.size() != 2 || block.path(0).asInt() < 1 || block.path(1).asInt() < 1) {
      throw config.unsupported(
          ("quantization_config '%s' is not supported; supported is fp8 (e4m3) with"
                  + " weight_block_size, or use the unquantised weights or a GGUF file")
              .formatted(method));
    }
    return Optional.of(new ScaledBlocks(block.path(0).asInt(), block.path(1).asInt()));
  }

  private int keyHeads(int heads) {
    return config.given("num_key_value_heads") ? config.integer("num_key_value_heads") : heads;
  }

  private int headDim(int hidden, int heads) {
    if (config.given("head_dim")) {
      return config.integer("head_dim");
    }
    if (architecture() == Architecture.QWEN3) {
      return 128; // this architecture's default does not depend on the hidden size
    }
    if (hidden % heads != 0) {
      throw config.invalid("hidden_size " + hidden + " is not a multiple of " + heads + " heads");
    }
    return hidden / heads;
  }

  private OptionalInt firstId(String field) {
    var ids = ids(config, field);
    if (ids.isEmpty()) {
      ids = ids(generation, field);
    }
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.getFirst());
  }

  /** Chat models often name the end of a turn in generation_config.json only. */
  private Set<Integer> endIds() {
    var ids = new LinkedHashSet<>(ids(generation, "eos_token_id"));
    ids.addAll(ids(config, "eos_token_id"));
    return ids;
  }

  private List<Integer> ids(ConfigFields fields, String field) {
    var value = fields.node().path(field);
    var ids = new ArrayList<Integer>();
    for (JsonNode id : value.isArray() ? value : List.of(value)) {
      if (id.canConvertToInt() && id.isIntegralNumber() && id.asInt() >= 0) {
        ids.add(id.asInt());
      } else if (!id.isNull() && !id.isMissingNode()) {
        throw config.invalid(field + " must be a token id or a list of them");
      }
    }
    return ids;
  }
}
