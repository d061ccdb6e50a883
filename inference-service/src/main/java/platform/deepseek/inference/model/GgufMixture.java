package platform.deepseek.inference.model;

import java.util.BitSet;
import java.util.Optional;
import platform.deepseek.inference.model.MixtureOfExperts.Routing;
import platform.deepseek.inference.model.MixtureOfExperts.Scoring;

/**
 * Reads experts and their router from GGUF metadata.
 *
 * <p>Files of before autumn 2025 do not say that experts are divided into groups, and llama.cpp
 * then lets all of them compete, which is not what the model was trained with. V2 and V3 are known
 * by their shapes, and so are their groups; every other file without the keys has none.
 */
final class GgufMixture {

  private static final int SOFTMAX = 1;
  private static final int SIGMOID = 2;
  private static final String WEIGHTS_NORM = "expert_weights_norm";
  private static final String WEIGHTS_SCALE = "expert_weights_scale";

  /** The published models with groups, by what nobody else has together. */
  private enum Published {
    V2(60, 5120, 160, Scoring.SOFTMAX, 3),
    V3(61, 7168, 256, Scoring.SIGMOID, 4);

    static final int GROUPS = 8;

    private final int layers;
    private final int hidden;
    private final int experts;
    private final Scoring scoring;
    private final int keptGroups;

    Published(int layers, int hidden, int experts, Scoring scoring, int keptGroups) {
      this.layers = layers;
      this.hidden = hidden;
      this.experts = experts;
      this.scoring = scoring;
      this.keptGroups = keptGroups;
    }
  }

  private final GgufFields fields;
  private final int layers;

  /**
   * @param layers those that predict further tokens apart
   */
  GgufMixture(GgufFields fields, int layers) {
    this.fields = fields;
    this.layers = layers;
  }

  /** Whether the router's scores are sigmoids: the difference between V2 and V3. */
  static boolean sigmoid(GgufFields fields) {
    int function = fields.integerOr("expert_gating_func", 0);
    return switch (function) {
      case 0, SOFTMAX -> false; // files of before V3 do not say
      case SIGMOID -> true;
      default ->
          throw fields.unsupported(
              "%s %d is not supported; supported are 1 (softmax) and 2 (sigmoid)"
                  .formatted(fields.key("expert_gating_func"), function));
    };
  }

  /** Empty for a decoder whose layers are all dense. */
  Optional<MixtureOfExperts> read(Architecture architecture) {
    if (fields.integerOr("expert_count", 0) == 0) {
      return Optional.empty();
    }
    if (!architecture.sparse()) {
      throw fields.unsupported(
          "experts are not supported in %s; supported are deepseek2, qwen3moe"
              .formatted(fields.architecture()));
    }
    int intermediate = fields.integer("expert_feed_forward_length");
    var mixture =
        new MixtureOfExperts(
            fields.integer("expert_count"),
            fields.integer("expert_used_count"),
            intermediate,
            fields.integerOr("expert_shared_count", 0) * intermediate,
            sparseLayers(),
            routing(architecture));
    if (mixture.sparseLayers().isEmpty()) {
      return Optional.empty();
    }
    Optional<String> contradiction = mixture.contradiction();
    if (contradiction.isPresent()) {
      throw fields.invalid(contradiction.get());
    }
    return Optional.of(mixture);
  }

  /** By the count of dense ones before them, or where there is none by what is in the file. */
  private BitSet sparseLayers() {
    var sparse = new BitSet();
    boolean counted = fields.has("leading_dense_block_count");
    int first = fields.integerOr("leading_dense_block_count", 0);
    for (int layer = 0; layer < layers; layer++) {
      sparse.set(
          layer, counted ? layer >= first : fields.hasTensor(WeightRole.ROUTER.ggufName(layer)));
    }
    return sparse;
  }

  private Routing routing(Architecture architecture) {
    boolean sigmoid = sigmoid(fields);
    double factor = fields.numberOr(WEIGHTS_SCALE, 1);
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw fields.invalid("%s is %s".formatted(fields.key(WEIGHTS_SCALE), factor));
    }
    if (architecture == Architecture.QWEN3_MOE) {
      if (sigmoid || fields.integerOr("expert_group_count", 1) > 1) {
        throw fields.unsupported(
            "qwen3moe with sigmoid scores or groups of experts is not supported");
      }
      return new Routing(
          Scoring.SOFTMAX, false, 1, 1, fields.flagOr(WEIGHTS_NORM, true), (float) factor);
    }
    boolean normalised = fields.flagOr(WEIGHTS_NORM, false);
    if (!sigmoid && normalised && factor != 1) {
      throw fields.unsupported(
          "%s together with %s %s and softmax scores is not supported: published programs differ"
                  .formatted(fields.key(WEIGHTS_NORM), fields.key(WEIGHTS_SCALE), factor)
              + " in it");
    }
    boolean corrected =
        sparseLayers().stream()
            .anyMatch(layer -> fields.hasTensor(WeightRole.ROUTER_BIAS.ggufName(layer)));
    if (corrected && !sigmoid) {
      throw fields.unsupported(
          "exp_probs_b without %s 2 (sigmoid) is not supported: convert the model again"
              .formatted(fields.key("expert_gating_func")));
    }
    Scoring scoring = sigmoid ? Scoring.SIGMOID : Scoring.SOFTMAX;
    return new Routing(
        scoring, corrected, groups(scoring), keptGroups(scoring), normalised, (float) factor);
  }

  private int groups(Scoring scoring) {
    return fields.has("expert_group_count")
        ? Math.max(1, fields.integerOr("expert_group_count", 1))
        : published(scoring).map(model -> Published.GROUPS).orElse(1);
  }

  private int keptGroups(Scoring scoring) {
    if (groups(scoring) == 1) {
      return 1;
    }
    return fields.has("expert_group_used_count")
        ? fields.integer("expert_group_used_count")
        : published(scoring)
            .map(model -> model.keptGroups)
            .orElseThrow(() -> fields.metadata().missing(fields.key("expert_group_used_count")));
  }

  private Optional<Published> published(Scoring scoring) {
    for (Published model : Published.values()) {
      if (model.layers == layers
          && model.hidden == fields.integer("embedding_length")
          && model.experts == fields.integer("expert_count")
          && model.scoring == scoring) {
        return Optional.of(model);
      }
    }
    return Optional.empty();
  }
}
