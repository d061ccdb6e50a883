package platform.deepseek.inference.plan;

import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

/**
 * How many weights a model has, by how often they are used.
 *
 * @param embedding looked up, not multiplied; counted once where the head is the same matrix
 * @param dense multiplied with every token: attention, norms, routers, dense layers, shared experts
 * @param shared of these, those of shared experts
 * @param head multiplied with the tokens whose logits are wanted
 * @param routed of all experts that a router chooses from
 * @param chosen of those, as many as one token uses
 */
public record ModelSize(
    long embedding, long dense, long shared, long head, long routed, long chosen) {

  /** Counts the weights that a checkpoint of this config holds; further-token layers apart. */
  public static ModelSize of(ModelConfig config) {
    long embedding = 0;
    long dense = 0;
    long shared = 0;
    long head = 0;
    long routed = 0;
    long chosen = 0;
    for (WeightRole role : WeightRole.values()) {
      for (int layer = 0; layer < (role.perLayer() ? config.layers() : 1); layer++) {
        if (!role.presentIn(config, layer)) {
          continue;
        }
        long elements = elements(role.shape(config));
        if (role == WeightRole.EMBEDDING) {
          embedding += config.tiedEmbeddings() ? 0 : elements;
        } else if (role == WeightRole.HEAD) {
          head += elements;
        } else if (role.perExpert()) {
          MixtureOfExperts mixture = config.mixture().orElseThrow();
          routed += elements * mixture.experts();
          chosen += elements * mixture.chosen();
        } else {
          dense += elements;
          shared += role.ofExperts() ? elements : 0;
        }
      }
    }
    return new ModelSize(embedding, dense, shared, head, routed, chosen);
  }

  /** All weights. */
  public long total() {
    return embedding + dense + head + routed;
  }

  /** Weights that are multiplied for one generated token. */
  public long active() {
    return dense + head + chosen;
  }

  /**
   * Bytes of what is multiplied, if so many of the routed experts' weights count. In blocks of 8
   * and 4 bits are the matrices of layers, of a mixture of experts the experts.
   */
  long multipliedBytes(WeightPrecision precision, long ofExperts) {
    long quantised = routed > 0 ? shared + ofExperts : dense;
    long others = dense + head + ofExperts - quantised;
    return precision.bytes(quantised) + precision.ofOthers().bytes(others);
  }

  private static long elements(long[] shape) {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }
}
