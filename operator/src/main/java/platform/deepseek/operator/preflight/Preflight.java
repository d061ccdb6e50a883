package platform.deepseek.operator.preflight;

import java.util.ArrayList;
import java.util.Optional;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Rule;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.desired.ReadSecrets;
import platform.deepseek.operator.fit.Fit;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.resource.Autoscaling;
import platform.deepseek.operator.resource.AutoscalingBackend;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.Expose;
import platform.deepseek.operator.resource.GpuAllocation;
import platform.deepseek.operator.resource.GpuStatus;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.resource.SpareCapacity;
import platform.deepseek.operator.status.Finding;

/** All checks of a spec against the cluster, in the order in which a person would look. */
public final class Preflight {

  private final FitCheck fitCheck;

  public Preflight(FitCheck fitCheck) {
    this.fitCheck = fitCheck;
  }

  /**
   * @param missing replicas that are wanted and do not exist
   * @param needsSurge whether a rollout is about to begin or goes on
   * @param runs whether all that is wanted runs already: then nodes that are away, or cordoned, are
   *     no reason to leave it alone, least of all to keep its traffic from the standby
   */
  public Verdict check(
      DeepSeekDeployment resource, Facts facts, int missing, boolean needsSurge, boolean runs) {
    var spec = resource.getSpec();
    var findings = new ArrayList<Finding>();
    var fit = fitCheck.check(spec, facts.nodes());
    var refusal =
        name(resource)
            .or(() -> secrets(spec, facts))
            .or(() -> abilities(spec, facts.abilities()))
            .or(() -> TopologyCheck.of(spec).flatMap(it -> refuse(Reason.INVALID_TOPOLOGY, it)))
            .or(() -> unknown(fit))
            .or(() -> rules(spec));
    findings.add(
        refusal.orElseGet(
            () ->
                yes(ConditionType.ACCEPTED, Reason.SPEC_ACCEPTED, "the spec can be carried out")));
    var gpu = gpu(fit);
    gpu.ifPresent(findings::add);
    var quota = QuotaCheck.of(spec, facts.quotas(), fitCheck.classOf(spec), missing);
    findings.add(quota.finding());
    var proceed = refusal.isEmpty() && (!(fit instanceof Fit.Refused it) || runs && isOfNow(it));
    return new Verdict(
        findings, proceed, surge(spec, fit, quota, needsSurge), numbers(fit), quota.numbers());
  }

  private static Optional<Finding> name(DeepSeekDeployment resource) {
    var name = resource.getMetadata().getName();
    return name.matches("[a-z]([-a-z0-9]*[a-z0-9])?")
        ? Optional.empty()
        : refuse(
            Reason.INVALID_NAME,
            "the name %s cannot name a Service: it must begin with a letter and hold only a-z, 0-9 and '-'; make a resource with such a name"
                .formatted(name));
  }

  private static Optional<Finding> secrets(DeepSeekDeploymentSpec spec, Facts facts) {
    var missing =
        ReadSecrets.all(spec).stream()
            .filter(name -> !facts.secretHashes().containsKey(name))
            .toList();
    return missing.isEmpty()
        ? Optional.empty()
        : refuse(
            Reason.SECRET_MISSING,
            "Secret %s is named and does not exist in this namespace; create it"
                .formatted(String.join(", ", missing)));
  }

  private static Optional<Finding> abilities(DeepSeekDeploymentSpec spec, Abilities abilities) {
    var missing = new ArrayList<String>();
    if (spec.spansNodes() && !abilities.has(Abilities.LEADER_WORKER_SET)) {
      missing.add("LeaderWorkerSet (topology.nodesPerReplica above 1)");
    }
    if (spec.network().expose() == Expose.GATEWAY && !abilities.has(Abilities.HTTP_ROUTE)) {
      missing.add("HTTPRoute (network.expose Gateway)");
    }
    if (spec.gpu() != null
        && spec.gpu().allocation() == GpuAllocation.DRA
        && !abilities.has(Abilities.RESOURCE_CLAIM_TEMPLATE)) {
      missing.add("ResourceClaimTemplate (gpu.allocation DRA)");
    }
    return missing.isEmpty()
        ? Optional.empty()
        : refuse(
            Reason.CRD_MISSING,
            "this cluster does not serve %s; install it or change the spec"
                .formatted(String.join(", ", missing)));
  }

  private static Optional<Finding> unknown(Fit fit) {
    return switch (fit) {
      case Fit.Refused refused
          when refused.reason() == Reason.UNKNOWN_GPU_CLASS
              || refused.reason() == Reason.UNKNOWN_MODEL ->
          refuse(refused.reason(), refused.message());
      case Fit.Refused refused -> Optional.empty();
      case Fit.Waits waits -> Optional.empty();
      case Fit.Fits fits -> Optional.empty();
    };
  }

  /** Of the cluster as it is at the moment, not of the spec. */
  private static boolean isOfNow(Fit.Refused refused) {
    return refused.reason() == Reason.NO_NODE_FITS;
  }

  private static Optional<Finding> rules(DeepSeekDeploymentSpec spec) {
    try {
      Rule.of(spec.observability().rulesOrNone());
      return Optional.empty();
    } catch (BadRule e) {
      return refuse(Reason.INVALID_RULE, "observability.rules: " + e.getMessage());
    }
  }

  private static Optional<Finding> gpu(Fit fit) {
    return switch (fit) {
      case Fit.Fits fits when fits.numbers() == null -> Optional.empty();
      case Fit.Fits fits ->
          Optional.of(yes(ConditionType.GPU_AVAILABLE, Reason.FITS, fits.message()));
      case Fit.Waits waits ->
          Optional.of(yes(ConditionType.GPU_AVAILABLE, Reason.ALL_BUSY, waits.message()));
      case Fit.Refused refused ->
          Optional.of(Finding.no(ConditionType.GPU_AVAILABLE, refused.reason(), refused.message()));
    };
  }

  private static GpuStatus numbers(Fit fit) {
    return switch (fit) {
      case Fit.Fits fits -> fits.numbers();
      case Fit.Waits waits -> waits.numbers();
      case Fit.Refused refused -> refused.numbers();
    };
  }

  private static boolean surge(
      DeepSeekDeploymentSpec spec, Fit fit, QuotaCheck.Outcome quota, boolean needsSurge) {
    if (spec.rollout().spareCapacity() == SpareCapacity.AVAILABILITY || !needsSurge) {
      return true;
    }
    return !(fit instanceof Fit.Waits) && quota.roomForOneMore();
  }

  /** Checks of who scales; they never stop what can run without. */
  public static Optional<Finding> autoscaler(
      Optional<AutoscalingBackend> backend, DeepSeekDeploymentSpec spec, Abilities abilities) {
    if (backend.isEmpty()) {
      return Optional.empty();
    }
    if (backend.get() == AutoscalingBackend.KEDA && !abilities.has(Abilities.SCALED_OBJECT)) {
      return Optional.of(
          Finding.no(
              ConditionType.AUTOSCALING_ACTIVE,
              Reason.KEDA_MISSING,
              "autoscaling asks for zero replicas, schedules or KEDA, and KEDA is not installed; install it or use minReplicas 1 and no schedules"));
    }
    if (backend.get() == AutoscalingBackend.HPA) {
      return metricsApi(spec, abilities);
    }
    return wakes(spec.autoscaling());
  }

  private static Optional<Finding> wakes(Autoscaling autoscaling) {
    return autoscaling.fewest() == autoscaling.minReplicas()
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                ConditionType.AUTOSCALING_ACTIVE,
                Reason.NOTHING_WAKES,
                "autoscaling.minReplicas 0, but all metrics come from replicas: with the last one gone nothing would ask for the first, so one is kept; add schedules or a metric of type External, such as requests at the gateway"));
  }

  private static Optional<Finding> metricsApi(DeepSeekDeploymentSpec spec, Abilities abilities) {
    var missing =
        spec.autoscaling().metricsOrCpu().stream()
            .filter(
                metric ->
                    switch (metric.type()) {
                      case CPU -> false;
                      case EXTERNAL -> !abilities.externalMetrics();
                      case WAITING_REQUESTS,
                          INFLIGHT_REQUESTS,
                          KV_CACHE_USAGE,
                          GPU_ACTIVITY,
                          TTFT_MILLIS ->
                          !abilities.podMetrics();
                    })
            .map(metric -> metric.type().name())
            .toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                ConditionType.AUTOSCALING_ACTIVE,
                Reason.METRICS_API_MISSING,
                "the cluster serves no metrics for %s; install an adapter for custom.metrics.k8s.io or external.metrics.k8s.io"
                    .formatted(String.join(", ", missing))));
  }

  private static Optional<Finding> refuse(Reason reason, String message) {
    return Optional.of(Finding.no(ConditionType.ACCEPTED, reason, message));
  }

  private static Finding yes(ConditionType type, Reason reason, String message) {
    return Finding.yes(type, reason, message);
  }
}
