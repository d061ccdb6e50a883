package platform.deepseek.inference.runner;

import java.util.Locale;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

/**
 * In which numbers a model is held and computed on a GPU.
 *
 * <p>Where the matrices of layers are quantised, activations stay what they are, and so do the
 * embedding and the output layer, which decides between tokens directly. Of a mixture of experts
 * only the experts are quantised, the shared ones too: they are more than nine tenths of all
 * weights, and everything that attention and dense layers do stays as exact as without.
 *
 * @param elements activations, keys and values, and all weights that are not quantised
 * @param matrices how the matrices of layers lie, of a mixture those of its experts
 */
public record CudaNumbers(CudaPrecision elements, WeightFormat matrices) {

  /** All weights in the elements' precision. */
  public static CudaNumbers published(CudaPrecision elements) {
    return new CudaNumbers(elements, WeightFormat.PUBLISHED);
  }

  /** Reads a configured value; auto is fp16. */
  public static CudaNumbers parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "auto", "fp16" -> published(CudaPrecision.FP16);
      case "bf16" -> published(CudaPrecision.BF16);
      case "int8" -> new CudaNumbers(CudaPrecision.FP16, WeightFormat.INT8);
      case "int4" -> new CudaNumbers(CudaPrecision.FP16, WeightFormat.INT4);
      default ->
          throw new IllegalArgumentException(
              "PRECISION=%s is not one of auto, fp16, bf16, int8, int4 with DEVICE=cuda"
                  .formatted(text));
    };
  }

  /** How a matrix of a layer lies. */
  WeightFormat format(WeightRole role, ModelConfig config) {
    return config.mixture().isPresent() && !role.ofExperts() ? WeightFormat.PUBLISHED : matrices;
  }

  /** Which weights of a model are in which numbers, in words; the router's are float32 always. */
  public String describe(ModelConfig config) {
    String others = elements.name().toLowerCase(Locale.ROOT);
    if (!matrices.quantized()) {
      return "weights in " + others;
    }
    return "%s in blocks of %d bits, other weights in %s"
        .formatted(
            config.mixture().isPresent() ? "experts" : "matrices of layers", matrices.bits, others);
  }

  /** As it is configured. */
  @Override
  public String toString() {
    return matrices.quantized() ? matrices.name() : elements.name();
  }
}
