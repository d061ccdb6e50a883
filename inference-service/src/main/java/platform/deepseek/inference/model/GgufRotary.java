package platform.deepseek.inference.model;

import java.util.Arrays;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

/**
 * Reads rotary positions from GGUF metadata.
 *
 * <p>Of YaRN's two magnitudes DeepSeek's files keep one: {@code yarn_log_multiplier} is a tenth of
 * {@code mscale_all_dim}. That the other is the same, as in all published configs, is what
 * llama.cpp takes for granted too: then turned channels keep their length, and only scores grow.
 */
final class GgufRotary {

  private static final String LOG_MULTIPLIER = "rope.scaling.yarn_log_multiplier";
  private static final String FACTORS = "rope_freqs.weight";

  private final GgufFields fields;
  private final boolean latent;

  GgufRotary(GgufFields fields, Architecture architecture) {
    this.fields = fields;
    this.latent = architecture.latent();
  }

  /**
   * @param dimensions channels that are turned
   */
  RotaryEmbedding read(int dimensions) {
    double base = fields.numberOr("rope.freq_base", 10_000);
    String type = type();
    if (fields.hasTensor(FACTORS) && !type.equals("none")) {
      throw fields.unsupported(
          "%s together with %s scaling is not supported".formatted(FACTORS, type));
    }
    return switch (type) {
      case "none" ->
          fields
              .tensor(FACTORS)
              .map(
                  factors ->
                      RotaryEmbedding.divided(base, dimensions, factors(factors, dimensions)))
              .orElseGet(() -> RotaryEmbedding.plain(base, dimensions));
      case "linear" -> RotaryEmbedding.linear(base, dimensions, factor());
      case "yarn" -> yarn(base, dimensions);
      default ->
          throw fields.unsupported(
              "rope scaling '%s' is not supported; supported are none, linear, yarn, %s"
                  .formatted(type, FACTORS));
    };
  }

  /**
   * What DeepSeek multiplies scores with beside 1 / sqrt(dimensions): the square of the magnitude
   * for all dimensions, where the file names one.
   */
  double scoreFactor() {
    double magnitude = type().equals("yarn") ? magnitude(logMultiplier()) : 1;
    return magnitude * magnitude;
  }

  private RotaryEmbedding yarn(double base, int dimensions) {
    for (String suffix : new String[] {"attn_factor", "yarn_attn_factor", "yarn_ext_factor"}) {
      double value = fields.numberOr("rope.scaling." + suffix, 1);
      if (value != 1) {
        throw fields.unsupported(
            "%s %s is not supported; supported is 1"
                .formatted(fields.key("rope.scaling." + suffix), value));
      }
    }
    if (!latent && logMultiplier() != 0) {
      throw fields.unsupported(
          fields.key(LOG_MULTIPLIER) + " is not supported for this architecture");
    }
    return RotaryEmbedding.yarn(
        base,
        dimensions,
        factor(),
        fields.integer("rope.scaling.original_context_length"),
        fields.numberOr("rope.scaling.yarn_beta_fast", 32),
        fields.numberOr("rope.scaling.yarn_beta_slow", 1),
        logMultiplier() == 0 ? magnitude(0.1) : 1);
  }

  /** YaRN's correction for longer contexts (arXiv 2309.00071, section 3.4). */
  private double magnitude(double multiplier) {
    return factor() <= 1 ? 1 : multiplier * Math.log(factor()) + 1;
  }

  private double logMultiplier() {
    return fields.numberOr(LOG_MULTIPLIER, 0);
  }

  private double factor() {
    return fields.number("rope.scaling.factor");
  }

  private String type() {
    return fields.text("rope.scaling.type").orElse("none");
  }

  private float[] factors(Tensor tensor, int dimensions) {
    if (tensor.elements() != dimensions / 2 || tensor.columns() != dimensions / 2) {
      throw new ModelException(
          Code.TENSOR_MISMATCHED,
          fields.path(),
          "%s must have shape [%d], it has %s"
              .formatted(FACTORS, dimensions / 2, Arrays.toString(tensor.shape())));
    }
    return Dequantizer.row(tensor, 0);
  }
}
