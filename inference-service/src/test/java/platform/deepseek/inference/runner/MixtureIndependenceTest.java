package platform.deepseek.inference.runner;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.bench.RandomMixture.Shape;

/**
 * Latent attention and experts: rows share experts' weights and latents' lanes with whoever is
 * there, and get the same bits.
 */
class MixtureIndependenceTest {

  /** Of random weights, so that nothing is symmetric and every expert is chosen by somebody. */
  private static Decoder deepseek(Path folder, Precision precision) throws IOException {
    RandomMixture.writeDeepseek(folder, Shape.TINY);
    return Decoder.open(folder, precision, BatchIndependence.LIMITS);
  }

  @Nested
  class LatentAttentionIn8Bits extends BatchIndependence {
    @Override
    Decoder open(Path folder) throws IOException {
      return deepseek(folder, Precision.INT8);
    }
  }

  @Nested
  class LatentAttentionIn4Bits extends BatchIndependence {
    @Override
    Decoder open(Path folder) throws IOException {
      return deepseek(folder, Precision.INT4);
    }
  }

  @Nested
  class ExpertsOfQwen extends BatchIndependence {
    @Override
    Decoder open(Path folder) throws IOException {
      RandomMixture.writeQwen(folder, Shape.TINY);
      return Decoder.open(folder, Precision.AUTO, LIMITS);
    }
  }
}
