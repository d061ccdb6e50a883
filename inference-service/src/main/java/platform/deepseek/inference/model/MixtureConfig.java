package platform.deepseek.inference.model;

import java.util.BitSet;
import java.util.Optional;
import platform.deepseek.inference.model.MixtureOfExperts.Routing;
import platform.deepseek.inference.model.MixtureOfExperts.Scoring;

/** Reads experts and their router from config.json. */
final class MixtureConfig {

  private final ConfigFields config;
  private final int layers;

  MixtureConfig(ConfigFields config) {
    this.config = config;
    this.layers = config.integer("num_hidden_layers");
  }

  /** Empty for a decoder whose layers are all dense. */
  Optional<MixtureOfExperts> read(Architecture architecture) {
    return switch (architecture) {
      case LLAMA, QWEN2, QWEN3 -> Optional.empty();
      case QWEN3_MOE -> used(qwen());
      case DEEPSEEK_V2, DEEPSEEK_V3 ->
          config.integerOr("n_routed_experts", 0) == 0
              ? Optional.empty()
              : used(deepseek(architecture));
    };
  }

  private Optional<MixtureOfExperts> used(MixtureOfExperts mixture) {
    return mixture.sparseLayers().isEmpty() ? Optional.empty() : Optional.of(checked(mixture));
  }

  private MixtureOfExperts qwen() {
    int step = config.given("decoder_sparse_step") ? config.integer("decoder_sparse_step") : 1;
    var sparse = new BitSet();
    for (int layer = 0; layer < layers; layer++) {
      sparse.set(layer, (layer + 1) % step == 0);
    }
    for (var dense : config.node().path("mlp_only_layers")) {
      if (!dense.canConvertToInt() || dense.asInt() < 0) {
        throw config.invalid("mlp_only_layers must be a list of layers");
      }
      sparse.clear(dense.asInt());
    }
    return new MixtureOfExperts(
        config.integer(config.given("num_experts") ? "num_experts" : "num_local_experts"),
        config.integer("num_experts_per_tok"),
        config.integer("moe_intermediate_size"),
        0,
        sparse,
        new Routing(Scoring.SOFTMAX, false, 1, 1, config.flag("norm_topk_prob"), 1));
  }

  private MixtureOfExperts deepseek(Architecture architecture) {
    int step = config.given("moe_layer_freq") ? config.integer("moe_layer_freq") : 1;
    var sparse = new BitSet();
    for (int layer = config.integerOr("first_k_dense_replace", 0); layer < layers; layer++) {
      sparse.set(layer, layer % step == 0);
    }
    int intermediate = config.integer("moe_intermediate_size");
    return new MixtureOfExperts(
        config.integer("n_routed_experts"),
        config.integer("num_experts_per_tok"),
        intermediate,
        config.integerOr("n_shared_experts", 0) * intermediate,
        sparse,
        architecture == Architecture.DEEPSEEK_V2 ? secondRouting() : thirdRouting());
  }

  private Routing secondRouting() {
    requireScoring("softmax");
    float factor = (float) config.number("routed_scaling_factor", 1);
    if (config.flag("norm_topk_prob") && factor != 1) {
      throw config.unsupported(
          "norm_topk_prob together with routed_scaling_factor "
              + factor
              + " is not supported for this architecture: published programs differ in it");
    }
    String method = config.text("topk_method", "greedy");
    return switch (method) {
      case "greedy" ->
          new Routing(Scoring.SOFTMAX, false, 1, 1, config.flag("norm_topk_prob"), factor);
      case "group_limited_greedy" ->
          new Routing(
              Scoring.SOFTMAX,
              false,
              config.integer("n_group"),
              config.integer("topk_group"),
              config.flag("norm_topk_prob"),
              factor);
      default ->
          throw config.unsupported(
              "topk_method '%s' is not supported; supported are greedy, group_limited_greedy"
                  .formatted(method));
    };
  }

  private Routing thirdRouting() {
    requireScoring("sigmoid");
    String method = config.text("topk_method", "noaux_tc");
    if (!method.equals("noaux_tc")) {
      throw config.unsupported(
          "topk_method '%s' is not supported; supported is noaux_tc".formatted(method));
    }
    return new Routing(
        Scoring.SIGMOID,
        true,
        config.integer("n_group"),
        config.integer("topk_group"),
        config.flag("norm_topk_prob"),
        (float) config.number("routed_scaling_factor", 1));
  }

  private void requireScoring(String expected) {
    String scoring = config.text("scoring_func", expected);
    if (!scoring.equals(expected)) {
      throw config.unsupported(
          "scoring_func '%s' is not supported; supported is %s".formatted(scoring, expected));
    }
  }

  private MixtureOfExperts checked(MixtureOfExperts mixture) {
    Optional<String> contradiction = mixture.contradiction();
    if (contradiction.isPresent()) {
      throw config.invalid(contradiction.get());
    }
    return mixture;
  }
}
