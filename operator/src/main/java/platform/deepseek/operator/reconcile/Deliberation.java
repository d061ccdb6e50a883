package platform.deepseek.operator.reconcile;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Settings;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.desired.Traffic;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.MemoryNeed;
import platform.deepseek.operator.heal.Healing;
import platform.deepseek.operator.observe.Diagnosis;
import platform.deepseek.operator.observe.LoadTime;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.observe.Trouble;
import platform.deepseek.operator.observe.Workload;
import platform.deepseek.operator.preflight.Preflight;
import platform.deepseek.operator.preflight.Verdict;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.CheckResult;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.ModelStatus;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.resource.SpareCapacity;
import platform.deepseek.operator.resource.StandbyStatus;
import platform.deepseek.operator.rollout.Failover;
import platform.deepseek.operator.rollout.RolloutPlan;
import platform.deepseek.operator.status.Conditions;
import platform.deepseek.operator.status.Finding;
import platform.deepseek.operator.status.StatusReport;

/** From what the cluster shows to a decision, and from what came of it to an answer. */
public final class Deliberation {

  // While something is expected to change without an event, such as a node or a quota.
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Duration LATE = Duration.ofMinutes(1);
  // What is overdue waits for something that has no event: a look that is being taken.
  private static final Duration A_MOMENT = Duration.ofMillis(500);

  private final FactFinder facts;
  private final FitCheck fitCheck;
  private final Preflight preflight;
  private final CanaryMeasurements measurements;
  private final DownloadProgress downloads;
  private final Circumstances circumstances;
  private final Settings settings;
  private final Clock clock;

  public Deliberation(
      FactFinder facts,
      FitCheck fitCheck,
      CanaryMeasurements measurements,
      DownloadProgress downloads,
      Circumstances circumstances,
      Settings settings,
      Clock clock) {
    this.facts = facts;
    this.fitCheck = fitCheck;
    this.preflight = new Preflight(fitCheck);
    this.measurements = measurements;
    this.downloads = downloads;
    this.circumstances = circumstances;
    this.settings = settings;
    this.clock = clock;
  }

  static boolean isPaused(DeepSeekDeployment resource) {
    var annotations = resource.getMetadata().getAnnotations();
    return resource.getSpec().paused()
        || (annotations != null && "true".equals(annotations.get(Labels.PAUSE)));
  }

  Decision decide(
      DeepSeekDeployment resource,
      Observed observed,
      Map<String, Revision> revisions,
      Neighbours neighbours) {
    var found = facts.find(resource, neighbours);
    var spec = resource.getSpec();
    var stable = observed.workload(Track.STABLE);
    var plan =
        RolloutPlan.of(
            new RolloutPlan.Input(
                spec,
                before(resource, DeepSeekDeploymentStatus::canary).orElse(null),
                observed,
                revisions,
                replicas(spec, found.abilities(), stable),
                measured(resource, observed, revisions),
                clock.instant()));
    var begins = begins(plan, stable);
    var verdict =
        preflight.check(
            resource,
            found,
            missing(spec, stable),
            begins || waitsForAPlace(observed, stable),
            runs(plan, observed));
    var traffic = traffic(resource, plan, verdict);
    var standby = standby(resource, observed, traffic);
    var situation =
        new Situation(
            resource,
            plan.tracked(),
            new Traffic(traffic, standby.map(StandbyStatus::active).orElse(false)),
            begins ? verdict.surge() : surge(verdict.surge(), spec, stable),
            needs(plan),
            found.secretHashes(),
            loadSeconds(resource, observed),
            neighbours.letLead(resource),
            found.abilities(),
            settings);
    return new Decision(situation, plan, verdict, standby);
  }

  private Optional<List<CheckResult>> measured(
      DeepSeekDeployment resource, Observed observed, Map<String, Revision> revisions) {
    var canary = before(resource, DeepSeekDeploymentStatus::canary);
    var due =
        RolloutPlan.rollout(resource.getSpec())
            .map(rollout -> rollout.checksAreDue(canary.orElse(null), clock.instant()))
            .orElse(false);
    return due
        ? measurements.measure(new Candidate(resource, observed, revisions, canary.orElseThrow()))
        : Optional.empty();
  }

  private Map<Track, MemoryNeed> needs(RolloutPlan plan) {
    var needs = new EnumMap<Track, MemoryNeed>(Track.class);
    plan.tracked()
        .forEach(
            tracked ->
                fitCheck.need(tracked.spec()).ifPresent(need -> needs.put(tracked.track(), need)));
    return needs;
  }

  /**
   * Without KEDA nobody follows the load. Replicas that it has made before it went stay: an API
   * server that has just started may not know its kinds for a moment.
   */
  private static Replicas replicas(
      DeepSeekDeploymentSpec spec, Abilities abilities, Optional<Workload> stable) {
    var autoscaling = spec.autoscaling();
    if (autoscaling == null) {
      return new Replicas.Fixed(spec.replicas());
    }
    var start = Math.clamp(spec.replicas(), autoscaling.minReplicas(), autoscaling.maxReplicas());
    var keda =
        Situation.autoscaler(spec).orElseThrow()
            == platform.deepseek.operator.resource.AutoscalingBackend.KEDA;
    return keda && !abilities.has(Abilities.SCALED_OBJECT)
        ? new Replicas.Fixed(Math.max(start, stable.map(Workload::wanted).orElse(0)))
        : new Replicas.Autoscaled(start);
  }

  private static int missing(DeepSeekDeploymentSpec spec, Optional<Workload> stable) {
    var wanted =
        spec.autoscaling() == null
            ? spec.replicas()
            : stable.map(Workload::wanted).orElse(spec.autoscaling().minReplicas());
    return Math.max(0, wanted - stable.map(Workload::replicas).orElse(0));
  }

  private static boolean begins(RolloutPlan plan, Optional<Workload> stable) {
    return stable
        .map(workload -> !plan.tracked().getFirst().revision().equals(workload.revision()))
        .orElse(false);
  }

  private static boolean runs(RolloutPlan plan, Observed observed) {
    return plan.tracked().stream()
        .allMatch(
            tracked ->
                observed
                    .workload(tracked.track())
                    .map(workload -> tracked.revision().equals(workload.revision()))
                    .orElse(false));
  }

  /**
   * A rollout that has begun keeps to its way: GPUs that its own stops set free are no news. But
   * one that was to start a replica first and finds no place for it would wait for ever, because
   * what would make room is what it must not stop.
   */
  private static boolean surge(
      boolean wished, DeepSeekDeploymentSpec spec, Optional<Workload> stable) {
    var mayStopFirst = spec.rollout().spareCapacity() == SpareCapacity.RESOURCE_AWARE;
    return stable
        .filter(workload -> !workload.isSettled())
        .map(
            workload ->
                workload.surge() && wished && !(mayStopFirst && workload.refused().isPresent()))
        .orElse(true);
  }

  /** Whether a rollout has a replica that the API server or the scheduler has no place for. */
  private static boolean waitsForAPlace(Observed observed, Optional<Workload> stable) {
    return stable
        .filter(workload -> !workload.isSettled())
        .map(
            workload ->
                workload.refused().isPresent()
                    || observed.servers(Track.STABLE).stream().anyMatch(Diagnosis::isUnschedulable))
        .orElse(false);
  }

  /** Percent of the traffic for the canary: what is not carried out stays as it was written. */
  private static int traffic(DeepSeekDeployment resource, RolloutPlan plan, Verdict verdict) {
    return verdict.proceed()
        ? plan.weight()
        : before(resource, DeepSeekDeploymentStatus::canary).map(CanaryStatus::weight).orElse(0);
  }

  /** The primary is ready where its traffic goes. */
  private Optional<StandbyStatus> standby(
      DeepSeekDeployment resource, Observed observed, int canaryWeight) {
    var serving = observed.workload(canaryWeight == 100 ? Track.CANARY : Track.STABLE);
    var standby = resource.getSpec().availability().standby();
    return standby == null
        ? Optional.empty()
        : Optional.of(
            Failover.next(
                before(resource, DeepSeekDeploymentStatus::standby).orElse(null),
                standby,
                serving.map(workload -> workload.ready() > 0).orElse(false),
                clock.instant()));
  }

  /** Measured once: a later flap of a probe is no load. */
  private static Optional<Integer> loadSeconds(DeepSeekDeployment resource, Observed observed) {
    return before(resource, DeepSeekDeploymentStatus::model)
        .map(ModelStatus::loadSeconds)
        .or(() -> LoadTime.of(observed.servers(Track.STABLE)));
  }

  DeepSeekDeploymentStatus report(
      Decision decision, Observed observed, Healing.Outcome healed, Optional<Trouble> failure) {
    var situation = decision.situation();
    var findings = new ArrayList<>(decision.verdict().findings());
    Preflight.autoscaler(situation.autoscaler(), situation.spec(), situation.abilities())
        .ifPresent(findings::add);
    failure.ifPresent(trouble -> findings.add(refused(trouble, observed)));
    return StatusReport.of(
        new StatusReport.Input(
            situation,
            observed.with(circumstances.of(observed)),
            findings,
            decision.verdict().gpu(),
            decision.verdict().quota(),
            decision.canary(),
            decision.standby().orElse(null),
            downloads.of(observed),
            healed.anomaliesOrNull(),
            healed.remedy().orElse(null),
            failure,
            clock.instant()));
  }

  /** A step that was refused leaves what runs as it is. */
  private static Finding refused(Trouble trouble, Observed observed) {
    if (trouble.reason() == Reason.NAME_TAKEN) {
      return Finding.no(ConditionType.ACCEPTED, trouble.reason(), trouble.message());
    }
    return observed.workload(Track.STABLE).filter(it -> it.ready() > 0).isPresent()
        ? Finding.yes(ConditionType.DEGRADED, trouble.reason(), trouble.message())
        : Finding.no(ConditionType.WORKLOAD_AVAILABLE, trouble.reason(), trouble.message());
  }

  DeepSeekDeploymentStatus paused(DeepSeekDeployment resource) {
    return StatusReport.paused(resource, clock.instant());
  }

  Optional<Duration> lookAgainIn(Decision decision, DeepSeekDeploymentStatus status) {
    var now = clock.instant();
    var standby = decision.situation().spec().availability().standby();
    return Stream.of(
            decision.plan().lookAgainIn(),
            decision.standby().flatMap(it -> Failover.lookAgainIn(it, standby, now)),
            StatusReport.isSettled(status) ? Optional.<Duration>empty() : Optional.of(soon(status)))
        .flatMap(Optional::stream)
        .min(Duration::compareTo)
        .map(wait -> wait.isZero() ? A_MOMENT : wait);
  }

  /** The longer it stays as it is, the rarer it is looked at. */
  private Duration soon(DeepSeekDeploymentStatus status) {
    return Conditions.find(status.conditionsOrNone(), ConditionType.READY)
        .map(
            ready ->
                Duration.between(Instant.parse(ready.getLastTransitionTime()), clock.instant()))
        .map(age -> age.dividedBy(2))
        .filter(wait -> wait.compareTo(SOON) > 0)
        .map(wait -> wait.compareTo(LATE) > 0 ? LATE : wait)
        .orElse(SOON);
  }

  private static <T> Optional<T> before(
      DeepSeekDeployment resource, java.util.function.Function<DeepSeekDeploymentStatus, T> part) {
    return Optional.ofNullable(resource.getStatus()).map(part);
  }
}
