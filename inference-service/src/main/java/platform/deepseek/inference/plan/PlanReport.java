package platform.deepseek.inference.plan;

import java.util.Locale;
import platform.deepseek.inference.model.ModelConfig;

/** A plan as text, with the formulas its figures come from. */
final class PlanReport {

  private static final double GIBI = 1L << 30;
  private static final double BILLION = 1e9;

  private final ModelConfig config;
  private final WeightPrecision precision;
  private final Workload workload;
  private final DeploymentPlan plan;
  private final StringBuilder text = new StringBuilder();

  PlanReport(
      ModelConfig config, WeightPrecision precision, Workload workload, DeploymentPlan plan) {
    this.config = config;
    this.precision = precision;
    this.workload = workload;
    this.plan = plan;
  }

  String text() {
    ModelSize size = plan.size();
    MemoryNeed need = plan.need();
    line(
        "weights: %.2f billion, of which %.2f billion are multiplied for a token",
        size.total() / BILLION, size.active() / BILLION);
    for (WeightPrecision each : WeightPrecision.values()) {
      line("  in %-5s %,10.1f GiB", each.name().toLowerCase(Locale.ROOT), weights(each) / GIBI);
    }
    line("cache: %,d bytes a token = %s", need.cachePerToken(), cacheFormula());
    line(
        "  %,d sequences of %,d tokens: %,.1f GiB",
        workload.batch(), workload.context(), need.cache() / GIBI);
    line(
        "activations: %,.2f GiB on each GPU for steps of %,d tokens",
        need.activation() / GIBI, workload.tokensPerStep());
    line("");
    fit();
    speed();
    return text.toString();
  }

  private long weights(WeightPrecision each) {
    return MemoryNeed.of(config, each, workload).weights();
  }

  private String cacheFormula() {
    return config
        .latent()
        .map(
            latent ->
                "%d layers * (%d latent + %d turned) * 2"
                    .formatted(config.layers(), latent.rank(), latent.rotaryDim()))
        .orElseGet(
            () ->
                "%d layers * 2 * %d heads * %d channels * 2"
                    .formatted(config.layers(), config.kvHeads(), config.headDim()));
  }

  private void fit() {
    MemoryNeed need = plan.need();
    line(
        "%d x %s (%d node%s), %s: %.1f of %.1f GiB on each",
        plan.gpus(),
        plan.gpu(),
        plan.nodes(),
        plan.nodes() == 1 ? "" : "s",
        precision.name().toLowerCase(Locale.ROOT),
        (need.onEach(plan.gpus()) + DeploymentPlan.RUNTIME) / GIBI,
        DeploymentPlan.usable(plan.gpu()) / GIBI);
    line(
        "  (weights + cache) / %d + activations + %.0f GiB for the process",
        plan.gpus(), DeploymentPlan.RUNTIME / GIBI);
    if (plan.fits()) {
      line("  it fits, with room for %,d tokens of sequences", plan.affordableTokens());
    } else {
      line(
          "  it does NOT fit; %s",
          plan.fewest()
              .map(count -> "the fewest GPUs of this kind are " + count)
              .orElse("not on any number of them: take a smaller precision, context or batch"));
    }
    if (plan.gpus() > 1) {
      line("  note: this engine runs a model on one GPU each");
    }
    if (config.latent().isPresent() || config.mixture().isPresent()) {
      line(
          "  note: on a GPU this engine has no fp8, and int8 and int4 for experts alone; all else"
              + " is in 16 bits");
    }
  }

  private void speed() {
    Speed speed = plan.speed();
    double read = plan.gpus() * plan.gpu().bandwidth() * Speed.BANDWIDTH_REACHED;
    double compute = plan.gpus() * plan.gpu().compute() * Speed.COMPUTE_REACHED;
    line("");
    line("decode: %,.0f tokens/s of %d sequences together", speed.decode(), workload.batch());
    line(
        "  a step reads %,.1f GB (dense weights, %.0f %% of the experts, cache): %.2f ms at %.0f %%"
            + " of %.1f TB/s",
        speed.readBytes() / BILLION,
        100 * Speed.shareOfExperts(config, workload.batch()),
        1e3 * speed.readBytes() / read,
        100 * Speed.BANDWIDTH_REACHED,
        plan.gpus() * plan.gpu().bandwidth() / 1e12);
    line(
        "  and computes %,.2f TFLOP: %.2f ms at %.0f %% of %,.0f TFLOP/s; the longer one counts",
        speed.operations() / 1e12,
        1e3 * speed.operations() / compute,
        100 * Speed.COMPUTE_REACHED,
        plan.gpus() * plan.gpu().compute() / 1e12);
    line("prefill: %,.0f tokens/s, limited by computing", speed.prefill());
    if (plan.gpus() > 1) {
      line("  upper bounds: traffic between GPUs is not counted");
    }
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
