package platform.deepseek.inference.model;

/** Reads rotary positions from config.json, in the older spelling and the newer one. */
final class RotaryConfig {

  private final ConfigFields config;
  private final ConfigFields scaling;

  RotaryConfig(ConfigFields config) {
    this.config = config;
    var parameters = config.in("rope_parameters");
    this.scaling = parameters.node().isObject() ? parameters : config.in("rope_scaling");
  }

  /**
   * @param dimensions channels that are turned
   */
  RotaryEmbedding read(int dimensions) {
    double base = scaling.number("rope_theta", config.number("rope_theta", 10_000));
    double rotated =
        scaling.number("partial_rotary_factor", config.number("partial_rotary_factor", 1));
    if (rotated != 1) {
      throw config.unsupported(
          "partial_rotary_factor " + rotated + " is not supported; supported is 1");
    }
    return switch (type()) {
      case "default" -> RotaryEmbedding.plain(base, dimensions);
      case "linear" -> RotaryEmbedding.linear(base, dimensions, required("factor"));
      case "llama3" ->
          RotaryEmbedding.llama3(
              base,
              dimensions,
              required("factor"),
              required("low_freq_factor"),
              required("high_freq_factor"),
              required("original_max_position_embeddings"));
      case "yarn" -> yarn(base, dimensions);
      default ->
          throw config.unsupported(
              "rope type '%s' is not supported; supported are default, linear, llama3, yarn"
                  .formatted(type()));
    };
  }

  private RotaryEmbedding yarn(double base, int dimensions) {
    if (scaling.given("truncate") && !scaling.flag("truncate")) {
      throw config.unsupported("yarn with truncate false is not supported");
    }
    double factor = required("factor");
    double magnitude = 1;
    if (scaling.given("attention_factor")) {
      magnitude = required("attention_factor");
    } else if (scaling.number("mscale", 0) != 0 && scaling.number("mscale_all_dim", 0) != 0) {
      magnitude =
          magnitude(factor, required("mscale")) / magnitude(factor, required("mscale_all_dim"));
    } else {
      magnitude = magnitude(factor, 1);
    }
    return RotaryEmbedding.yarn(
        base,
        dimensions,
        factor,
        required("original_max_position_embeddings"),
        scaling.number("beta_fast", 32),
        scaling.number("beta_slow", 1),
        magnitude);
  }

  /**
   * What DeepSeek multiplies scores with beside 1 / sqrt(dimensions): the square of the magnitude
   * for all dimensions, where the config names one.
   */
  double scoreFactor() {
    double allDimensions = scaling.number("mscale_all_dim", 0);
    if (!type().equals("yarn") || allDimensions == 0) {
      return 1;
    }
    double magnitude = magnitude(required("factor"), allDimensions);
    return magnitude * magnitude;
  }

  /** YaRN's correction for longer contexts (arXiv 2309.00071, section 3.4). */
  private static double magnitude(double factor, double weight) {
    return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
  }

  private String type() {
    return scaling.text("rope_type", scaling.text("type", "default"));
  }

  private double required(String field) {
    if (!scaling.given(field)) {
      throw config.invalid("the rope parameters need " + field);
    }
    return scaling.number(field, Double.NaN);
  }
}
