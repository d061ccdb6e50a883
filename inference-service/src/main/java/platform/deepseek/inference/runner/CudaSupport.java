package platform.deepseek.inference.runner;

import java.util.Locale;
import platform.deepseek.inference.model.ModelConfig;

/** Which models a GPU computes here. */
public final class CudaSupport {
  private CudaSupport() {}

  /**
   * Refuses a model that no GPU computes here, before anything is loaded.
   *
   * @throws IllegalArgumentException the model's shape does not fit the device's kernels, or the
   *     blocks of quantised weights; with what to do
   */
  public static void require(ModelConfig config, CudaNumbers numbers) {
    if (config.latent().isPresent()) {
      LatentHeads.of(config);
    } else {
      AttentionHeads.of(config);
    }
    if (config.latent().isPresent() && config.mixture().isEmpty()) {
      requirePublished(numbers, "latent attention (MLA) without experts");
    }
    config
        .mixture()
        .ifPresent(
            mixture ->
                ExpertKernels.requireSupported(mixture, config.hidden(), numbers.matrices()));
    CudaWeight.all(config, numbers, numbers.elements().head());
  }

  private static void requirePublished(CudaNumbers numbers, String what) {
    if (numbers.matrices().quantized()) {
      throw new IllegalArgumentException(
          "%s has no PRECISION=%s on a GPU here yet, so set PRECISION=fp16 or bf16, or run this"
                  .formatted(what, numbers.toString().toLowerCase(Locale.ROOT))
              + " model with DEVICE=cpu");
    }
  }
}
