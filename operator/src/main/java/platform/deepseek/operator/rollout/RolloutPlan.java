package platform.deepseek.operator.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.observe.Workload;
import platform.deepseek.operator.resource.Canary;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.CheckResult;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/**
 * What runs now, by the strategy, the last status and the cluster.
 *
 * @param canary the rollout's status after this look, or null
 * @param tracked the stable revision first, then the canary's
 * @param weight percent of the traffic for the canary
 * @param lookAgainIn when time alone can move it
 */
public record RolloutPlan(
    CanaryStatus canary, List<Tracked> tracked, int weight, Optional<Duration> lookAgainIn) {

  /** All that a plan is a function of. */
  public record Input(
      DeepSeekDeploymentSpec spec,
      CanaryStatus before,
      Observed observed,
      Map<String, Revision> revisions,
      Replicas replicas,
      Optional<List<CheckResult>> measured,
      Instant now) {}

  /** The steps of the strategy; empty where Kubernetes replaces replicas by itself. */
  public static Optional<Rollout> rollout(DeepSeekDeploymentSpec spec) {
    return canary(spec).map(canary -> new Rollout(canary, spec.rollout().progressDeadline()));
  }

  private static Optional<Canary> canary(DeepSeekDeploymentSpec spec) {
    return switch (spec.rollout().strategy()) {
      case ROLLING, RECREATE -> Optional.empty();
      case CANARY -> Optional.of(spec.rollout().canary());
      case BLUE_GREEN -> Optional.of(Rollout.blueGreen());
    };
  }

  public static RolloutPlan of(Input input) {
    var wanted = Revision.of(input.spec).hash();
    var direct =
        new RolloutPlan(
            null,
            List.of(new Tracked(Track.STABLE, wanted, input.spec, input.replicas)),
            0,
            Optional.empty());
    var stable = input.observed.workload(Track.STABLE);
    var canary = canary(input.spec);
    if (stable.isEmpty() || canary.isEmpty()) {
      return direct;
    }
    var total = Math.max(1, stable.get().wanted());
    var stableRevision = stable.get().revision();
    var view = view(input, wanted, stable.get(), size(canary.get(), input.before, total));
    var rollout = new Rollout(canary.get(), input.spec.rollout().progressDeadline());
    var status = rollout.next(input.before, view, input.now);
    if (status.isEmpty()) {
      return direct;
    }
    var promoting = status.get().phase() == CanaryPhase.PROMOTING;
    var old = input.revisions.get(stableRevision);
    if (old == null && !promoting) {
      return direct; // Nothing is known of what served: replace it replica by replica.
    }
    var stableTracked =
        promoting
            ? direct.tracked.getFirst()
            : new Tracked(Track.STABLE, stableRevision, old.in(input.spec), input.replicas);
    var next = rollout.lookAgainIn(status.get(), input.now);
    var count =
        status.get().phase() == CanaryPhase.ROLLED_BACK
            ? rollout.isHandingOver(status.get(), input.now) ? running(input, wanted) : 0
            : size(canary.get(), status.get(), total);
    if (count == 0) {
      return new RolloutPlan(status.get(), List.of(stableTracked), 0, next);
    }
    return new RolloutPlan(
        status.get(),
        List.of(
            stableTracked,
            new Tracked(Track.CANARY, wanted, input.spec, new Replicas.Fixed(count))),
        view.canaryReady() == 0 ? 0 : status.get().weight(),
        next);
  }

  private static Rollout.View view(Input input, String wanted, Workload stable, int needed) {
    return new Rollout.View(
        wanted,
        stable.revision(),
        stable.isSettled(),
        input.observed.ready(Track.CANARY, wanted).size(),
        needed,
        input.measured);
  }

  private static int running(Input input, String wanted) {
    return input
        .observed
        .workload(Track.CANARY)
        .filter(workload -> wanted.equals(workload.revision()))
        .map(Workload::wanted)
        .orElse(0);
  }

  /**
   * Replicas of the canary: its share of the whole, at least one. While a step is held the replicas
   * of the next one are made ready, so that the weight never rises before they answer.
   */
  static int size(Canary canary, CanaryStatus status, int total) {
    if (status == null) {
      return share(canary, 0, total);
    }
    return switch (status.phase()) {
      case STARTING -> share(canary, 0, total);
      case ANALYSING, PAUSED ->
          share(canary, Math.min(status.step() + 1, canary.steps().size() - 1), total);
      case PROMOTING -> total;
      case ROLLED_BACK -> 0;
    };
  }

  private static int share(Canary canary, int step, int total) {
    var weight = canary.steps().get(step).weight();
    return Math.max(1, (total * weight + 99) / 100);
  }
}
