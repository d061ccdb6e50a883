package platform.deepseek.inference.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.model.ModelException.Code;

/**
 * Reads config.json in its older spelling ({@code rope_theta} beside {@code rope_scaling}) and its
 * newer one ({@code rope_parameters}). What would change the arithmetic and is not implemented is
 * refused: a model that answers fluent nonsense is worse than an error.
 */
final class HuggingFaceConfig {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LARGEST_FILE = 1 << 24;
  private static final int LARGEST_NUMBER = 1 << 28;

  private final Path path;
  private final JsonNode config;
  private final JsonNode generation;

  HuggingFaceConfig(Path folder) {
    this.path = folder.resolve("config.json");
    this.config = parse(path);
    Path generationPath = folder.resolve("generation_config.json");
    this.generation =
        Files.exists(generationPath) ? parse(generationPath) : MissingNode.getInstance();
  }

  ModelConfig read() {
    var architecture = architecture();
    refuseWhatIsNotImplemented(architecture);
    int hidden = integer("hidden_size");
    int heads = integer("num_attention_heads");
    int headDim = headDim(architecture, hidden, heads);
    return new ModelConfig(
            architecture,
            integer("num_hidden_layers"),
            hidden,
            integer("intermediate_size"),
            heads,
            given(config, "num_key_value_heads") ? integer("num_key_value_heads") : heads,
            headDim,
            integer("vocab_size"),
            integer("max_position_embeddings"),
            (float) number(config, "rms_norm_eps", 1e-6),
            rope(headDim),
            architecture == Architecture.QWEN2,
            architecture == Architecture.QWEN3,
            flag("tie_word_embeddings"),
            firstId("bos_token_id"),
            List.copyOf(endIds()))
        .checked(path);
  }

  private Architecture architecture() {
    var listed = config.path("architectures").path(0);
    String name = listed.isTextual() ? listed.asText() : config.path("model_type").asText();
    return Architecture.named(name)
        .orElseThrow(
            () ->
                unsupported(
                    "architecture '%s' is not supported; supported are %s"
                        .formatted(name, Architecture.supported())));
  }

  private void refuseWhatIsNotImplemented(Architecture architecture) {
    String activation = config.path("hidden_act").asText("silu");
    if (!activation.equals("silu")) {
      throw unsupported("hidden_act '" + activation + "' is not supported; supported is silu");
    }
    if (given(config, "quantization_config")) {
      throw unsupported(
          "quantization_config '%s' is not supported; use the unquantised weights or a GGUF file"
              .formatted(config.path("quantization_config").path("quant_method").asText()));
    }
    if (architecture != Architecture.QWEN2 && flag("attention_bias")) {
      throw unsupported("attention_bias (it includes the output product) is not supported");
    }
    if (flag("mlp_bias")) {
      throw unsupported("mlp_bias is not supported");
    }
    if (flag("use_sliding_window") && given(config, "sliding_window")) {
      throw unsupported("sliding window attention is not supported; use_sliding_window is true");
    }
    for (var type : config.path("layer_types")) {
      if (!type.asText().equals("full_attention")) {
        throw unsupported(
            "layer type '" + type.asText() + "' is not supported; supported is full_attention");
      }
    }
  }

  private int headDim(Architecture architecture, int hidden, int heads) {
    if (given(config, "head_dim")) {
      return integer("head_dim");
    }
    if (architecture == Architecture.QWEN3) {
      return 128; // this architecture's default does not depend on the hidden size
    }
    if (hidden % heads != 0) {
      throw invalid("hidden_size " + hidden + " is not a multiple of " + heads + " heads");
    }
    return hidden / heads;
  }

  private RotaryEmbedding rope(int headDim) {
    var parameters = config.path("rope_parameters");
    var scaling = parameters.isObject() ? parameters : config.path("rope_scaling");
    double base = number(scaling, "rope_theta", number(config, "rope_theta", 10_000));
    double rotated =
        number(scaling, "partial_rotary_factor", number(config, "partial_rotary_factor", 1));
    if (rotated != 1) {
      throw unsupported("partial_rotary_factor " + rotated + " is not supported; supported is 1");
    }
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    return switch (type) {
      case "default" -> RotaryEmbedding.plain(base, headDim);
      case "linear" -> RotaryEmbedding.linear(base, headDim, required(scaling, "factor"));
      case "llama3" ->
          RotaryEmbedding.llama3(
              base,
              headDim,
              required(scaling, "factor"),
              required(scaling, "low_freq_factor"),
              required(scaling, "high_freq_factor"),
              required(scaling, "original_max_position_embeddings"));
      default ->
          throw unsupported(
              "rope type '%s' is not supported; supported are default, linear, llama3"
                  .formatted(type));
    };
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

  private List<Integer> ids(JsonNode node, String field) {
    var value = node.path(field);
    var ids = new ArrayList<Integer>();
    for (JsonNode id : value.isArray() ? value : List.of(value)) {
      if (id.canConvertToInt() && id.isIntegralNumber() && id.asInt() >= 0) {
        ids.add(id.asInt());
      } else if (!id.isNull() && !id.isMissingNode()) {
        throw invalid(field + " must be a token id or a list of them");
      }
    }
    return ids;
  }

  private static boolean given(JsonNode node, String field) {
    return node.hasNonNull(field);
  }

  private boolean flag(String field) {
    var value = config.path(field);
    if (given(config, field) && !value.isBoolean()) {
      throw invalid(field + " must be true or false");
    }
    return value.asBoolean(false);
  }

  private int integer(String field) {
    var value = config.path(field);
    boolean fits = value.isIntegralNumber() && value.canConvertToInt();
    if (!fits || value.asInt() < 1 || value.asInt() > LARGEST_NUMBER) {
      throw invalid(
          "%s must be an integer from 1 to %d, it is %s"
              .formatted(field, LARGEST_NUMBER, given(config, field) ? value : "absent"));
    }
    return value.asInt();
  }

  private double required(JsonNode node, String field) {
    if (!given(node, field)) {
      throw invalid("the rope parameters need " + field);
    }
    return number(node, field, Double.NaN);
  }

  private double number(JsonNode node, String field, double otherwise) {
    if (!given(node, field)) {
      return otherwise;
    }
    var value = node.path(field);
    if (!value.isNumber()) {
      throw invalid(field + " must be a number");
    }
    return value.asDouble();
  }

  private ModelException invalid(String what) {
    return new ModelException(Code.CONFIG_INVALID, path, what);
  }

  private ModelException unsupported(String what) {
    return new ModelException(Code.UNSUPPORTED, path, what);
  }

  private static JsonNode parse(Path path) {
    try {
      long size = Files.size(path);
      if (size > LARGEST_FILE) {
        throw new ModelException(
            Code.CONFIG_INVALID, path, size + " bytes are too many for a config file");
      }
      var node = JSON.readTree(Files.readAllBytes(path));
      if (!node.isObject()) {
        throw new ModelException(Code.CONFIG_INVALID, path, "is not a JSON object");
      }
      return node;
    } catch (IOException e) {
      throw new ModelException(
          Code.CONFIG_INVALID, path, "cannot be read as JSON (" + e.getClass().getName() + ")", e);
    }
  }
}
