package platform.deepseek.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.observe.Download;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.observe.Trouble;
import platform.deepseek.operator.observe.Workload;
import platform.deepseek.operator.resource.AnomalyStatus;
import platform.deepseek.operator.resource.AutoscalingStatus;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.Expose;
import platform.deepseek.operator.resource.GpuStatus;
import platform.deepseek.operator.resource.LastFailure;
import platform.deepseek.operator.resource.ManagedObject;
import platform.deepseek.operator.resource.ModelStatus;
import platform.deepseek.operator.resource.Phase;
import platform.deepseek.operator.resource.QuotaStatus;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.resource.RemedyStatus;
import platform.deepseek.operator.resource.StandbyStatus;

/** The status of a resource, from the checks' findings and what the cluster holds. */
public final class StatusReport {

  /** What a report is made of. */
  public record Input(
      Situation situation,
      Observed observed,
      List<Finding> findings,
      GpuStatus gpu,
      QuotaStatus quota,
      CanaryStatus canary,
      StandbyStatus standby,
      Optional<Download.Progress> progress,
      List<AnomalyStatus> anomalies,
      RemedyStatus remedy,
      Optional<Trouble> failure,
      Instant now) {

    /** The track that has all the traffic, or the greater part of the replicas. */
    Track serving() {
      return situation.traffic().canaryWeight() == 100 ? Track.CANARY : Track.STABLE;
    }
  }

  private StatusReport() {}

  public static DeepSeekDeploymentStatus of(Input input) {
    var situation = input.situation;
    var before = situation.resource().getStatus();
    var findings = new EnumMap<ConditionType, Finding>(ConditionType.class);
    input.findings.forEach(finding -> findings.put(finding.type(), finding));
    findings.putIfAbsent(ConditionType.WORKLOAD_AVAILABLE, WorkloadFindings.available(input));
    findings.putIfAbsent(ConditionType.PROGRESSING, WorkloadFindings.progressing(input));
    findings.putIfAbsent(ConditionType.DEGRADED, WorkloadFindings.degraded(input));
    ModelFindings.cached(input).ifPresent(it -> findings.putIfAbsent(it.type(), it));
    AutoscalerFindings.active(input).ifPresent(it -> findings.putIfAbsent(it.type(), it));
    RouteFindings.ready(input).ifPresent(it -> findings.putIfAbsent(it.type(), it));
    WorkloadFindings.canary(input).ifPresent(it -> findings.put(it.type(), it));
    if (situation.spec().podTemplate() != null) {
      findings.put(
          ConditionType.CUSTOMISED,
          Finding.yes(
              ConditionType.CUSTOMISED,
              Reason.CUSTOMISED,
              "podTemplate is laid over the generated pods; what it breaks is not explained here"));
    }
    findings.put(ConditionType.READY, ready(findings, input));
    var stable = input.observed.workload(Track.STABLE);
    return new DeepSeekDeploymentStatus(
        situation.resource().getMetadata().getGeneration(),
        phase(findings, input),
        url(situation.spec(), situation),
        input.observed.workloads().stream().mapToInt(Workload::replicas).sum(),
        input.observed.workloads().stream().mapToInt(Workload::ready).sum(),
        selector(situation.name()),
        stable.map(Workload::revision).orElse(null),
        model(input),
        input.gpu,
        input.quota,
        autoscaling(input),
        input.canary,
        input.standby,
        managed(input.observed),
        lastFailure(input),
        input.anomalies,
        input.remedy,
        Conditions.of(
            findings.values(),
            before == null ? List.<Condition>of() : before.conditionsOrNone(),
            situation.resource().getMetadata().getGeneration(),
            input.now));
  }

  /** Nothing but the pause changes: what was known stays as it was. */
  public static DeepSeekDeploymentStatus paused(DeepSeekDeployment resource, Instant now) {
    var old = Optional.ofNullable(resource.getStatus()).orElse(DeepSeekDeploymentStatus.unknown());
    var paused =
        Finding.yes(
            ConditionType.PAUSED,
            Reason.PAUSED,
            "nothing is touched until spec.paused is false and the annotation %s is gone"
                .formatted(Labels.PAUSE));
    var generation = resource.getMetadata().getGeneration();
    var conditions = new ArrayList<>(old.conditionsOrNone());
    conditions.removeIf(it -> it.getType().equals(ConditionType.PAUSED.text()));
    conditions.addAll(Conditions.of(List.of(paused), old.conditionsOrNone(), generation, now));
    return old.paused(generation, conditions);
  }

  /**
   * Whether a status says something new. How many GPUs others leave free is no news of this one.
   */
  public static boolean isNews(DeepSeekDeploymentStatus before, DeepSeekDeploymentStatus after) {
    return before == null || !after.equals(before.withFreeGpusOf(after));
  }

  /** Whether nothing is expected to change by itself. */
  public static boolean isSettled(DeepSeekDeploymentStatus status) {
    return status.phase() == Phase.READY || status.phase() == Phase.SLEEPING;
  }

  private static String selector(String instance) {
    var pods = Labels.server(instance, Track.STABLE);
    return pods.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(Object::toString)
        .reduce((a, b) -> a + "," + b)
        .orElseThrow();
  }

  private static Finding ready(Map<ConditionType, Finding> findings, Input input) {
    for (var type :
        List.of(
            ConditionType.ACCEPTED,
            ConditionType.GPU_AVAILABLE,
            ConditionType.MODEL_CACHED,
            ConditionType.WORKLOAD_AVAILABLE,
            ConditionType.ROUTE_READY)) {
      var finding = findings.get(type);
      if (finding != null && !finding.holds() && !servesAnyway(type, input)) {
        return Finding.no(ConditionType.READY, finding.reason(), finding.message());
      }
    }
    var available = findings.get(ConditionType.WORKLOAD_AVAILABLE);
    return Finding.yes(
        ConditionType.READY,
        available.reason() == Reason.SLEEPING ? Reason.SLEEPING : Reason.SERVING,
        available.message());
  }

  /** A spec that cannot be carried out does not make what runs unready. */
  private static boolean servesAnyway(ConditionType type, Input input) {
    return switch (type) {
      case GPU_AVAILABLE, MODEL_CACHED ->
          input.observed.workload(input.serving()).map(it -> it.ready() > 0).orElse(false);
      default -> false;
    };
  }

  private static Phase phase(Map<ConditionType, Finding> findings, Input input) {
    var ready = findings.get(ConditionType.READY);
    if (ready.reason() == Reason.SLEEPING) {
      return Phase.SLEEPING;
    }
    if (ready.holds()) {
      if (findings.get(ConditionType.DEGRADED).holds()) {
        return Phase.DEGRADED;
      }
      return findings.get(ConditionType.PROGRESSING).holds() ? Phase.PROGRESSING : Phase.READY;
    }
    return switch (ready.reason()) {
      case DOWNLOADING, CLAIM_PENDING -> Phase.DOWNLOADING;
      case STARTING, ADDRESS_PENDING -> Phase.STARTING;
      default -> input.observed.workloads().isEmpty() ? Phase.PENDING : Phase.FAILED;
    };
  }

  private static String url(DeepSeekDeploymentSpec spec, Situation situation) {
    var network = spec.network();
    if (network.expose() == Expose.NONE) {
      return "http://%s.%s.svc/v1".formatted(situation.name(), situation.namespace());
    }
    var plain = network.expose() == Expose.INGRESS && network.tls() == null;
    return "%s://%s/v1".formatted(plain ? "http" : "https", network.host());
  }

  private static ModelStatus model(Input input) {
    var spec = input.situation.stable().spec();
    var before =
        Optional.ofNullable(input.situation.resource().getStatus())
            .map(DeepSeekDeploymentStatus::model);
    var complete = ModelFindings.complete(input);
    var progress = input.progress;
    return new ModelStatus(
        Names.modelPath(spec),
        complete
            .map(Download.Complete::revision)
            .or(() -> before.map(ModelStatus::resolvedRevision))
            .orElse(null),
        complete
            .map(Download.Complete::digest)
            .or(() -> before.map(ModelStatus::digest))
            .orElse(null),
        progress
            .map(Download.Progress::bytesTotal)
            .or(() -> complete.map(Download.Complete::bytes))
            .or(() -> before.map(ModelStatus::bytesTotal))
            .orElse(null),
        progress.map(Download.Progress::bytesDone).orElse(null),
        progress.map(Download.Progress::etaSeconds).orElse(null),
        input.situation.loadSeconds().orElse(null));
  }

  private static AutoscalingStatus autoscaling(Input input) {
    return input
        .situation
        .autoscaler()
        .map(
            backend ->
                new AutoscalingStatus(
                    backend,
                    input.observed.autoscalers().stream()
                        .filter(hpa -> hpa.getStatus() != null)
                        .map(hpa -> hpa.getStatus().getDesiredReplicas())
                        .findFirst()
                        .orElse(null),
                    input.situation.spec().autoscaling().fewest(),
                    input.situation.spec().autoscaling().maxReplicas()))
        .orElse(null);
  }

  private static List<ManagedObject> managed(Observed observed) {
    var objects = new ArrayList<ManagedObject>();
    for (HasMetadata object : observed.all()) {
      if (!object.getKind().equals("Pod")) {
        objects.add(
            new ManagedObject(
                object.getApiVersion(), object.getKind(), object.getMetadata().getName()));
      }
    }
    objects.sort(Comparator.comparing(ManagedObject::kind).thenComparing(ManagedObject::name));
    return objects;
  }

  /** The newest trouble; the same one keeps the time at which it was first seen. */
  private static LastFailure lastFailure(Input input) {
    var before =
        Optional.ofNullable(input.situation.resource().getStatus())
            .map(DeepSeekDeploymentStatus::lastFailure);
    var trouble = input.failure.or(() -> WorkloadFindings.trouble(input));
    if (trouble.isEmpty()) {
      return before.orElse(null);
    }
    var now =
        new LastFailure(
            input.now.truncatedTo(ChronoUnit.SECONDS).toString(),
            trouble.get().object(),
            trouble.get().detail(),
            trouble.get().message(),
            trouble.get().exitCode());
    return before
        .filter(old -> old.object().equals(now.object()) && old.reason().equals(now.reason()))
        .orElse(now);
  }
}
