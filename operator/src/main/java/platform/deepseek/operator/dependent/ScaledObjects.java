package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.ScaledObject;
import platform.deepseek.operator.desired.ScalingBehavior;
import platform.deepseek.operator.desired.SignalNames;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.resource.AutoscalingBackend;
import platform.deepseek.operator.resource.Idle;
import platform.deepseek.operator.resource.ScalingMetric;
import platform.deepseek.operator.resource.ScalingSchedule;

/**
 * The autoscaler of the stable workload where KEDA does it: for zero replicas and for schedules.
 * KEDA makes an HPA of its own, so ours is not made beside it.
 */
public class ScaledObjects extends OwnedObjects<ScaledObject> {

  public ScaledObjects() {
    super(ScaledObject.class);
  }

  @Override
  public List<ScaledObject> desired(Situation situation) {
    return situation.autoscaler().filter(backend -> backend == AutoscalingBackend.KEDA).stream()
        .map(backend -> of(situation))
        .toList();
  }

  private static ScaledObject of(Situation situation) {
    var autoscaling = situation.spec().autoscaling();
    var spansNodes = situation.stable().spec().spansNodes();
    var spec = new LinkedHashMap<String, Object>();
    spec.put(
        "scaleTargetRef",
        Map.of(
            "apiVersion", spansNodes ? "leaderworkerset.x-k8s.io/v1" : "apps/v1",
            "kind", spansNodes ? "LeaderWorkerSet" : "Deployment",
            "name", Names.workload(situation.name(), Track.STABLE)));
    spec.put("minReplicaCount", autoscaling.fewest());
    spec.put("maxReplicaCount", autoscaling.maxReplicas());
    spec.put("cooldownPeriod", autoscaling.idleIfAny().map(Idle::afterSeconds).orElse(300));
    if (autoscaling.replicasOnMetricsLoss() != null) {
      spec.put(
          "fallback",
          Map.of("failureThreshold", 3, "replicas", autoscaling.replicasOnMetricsLoss()));
    }
    spec.put(
        "advanced",
        Map.of(
            "horizontalPodAutoscalerConfig",
            Map.of("behavior", ScalingBehavior.of(situation, Map.class))));
    spec.put("triggers", triggers(situation));
    var object = new ScaledObject();
    object.setMetadata(
        new ObjectMetaBuilder()
            .withName(situation.name())
            .withNamespace(situation.namespace())
            .withLabels(Labels.of(situation.name(), Labels.SERVER))
            .build());
    object.setSpec(spec);
    return object;
  }

  private static List<Map<String, Object>> triggers(Situation situation) {
    var triggers = new ArrayList<Map<String, Object>>();
    var autoscaling = situation.spec().autoscaling();
    autoscaling.metricsOrCpu().forEach(metric -> triggers.add(trigger(situation, metric)));
    autoscaling.schedulesOrNone().forEach(schedule -> triggers.add(cron(schedule)));
    return triggers;
  }

  private static Map<String, Object> trigger(Situation situation, ScalingMetric metric) {
    return switch (metric.type()) {
      case CPU ->
          Map.of(
              "type", "cpu",
              "metricType", "Utilization",
              "metadata", Map.of("value", metric.target()));
      case EXTERNAL -> prometheus(situation, metric.name(), "sum(" + metric.name() + ")", metric);
      case WAITING_REQUESTS, INFLIGHT_REQUESTS -> ofPods(situation, metric, "sum");
      case KV_CACHE_USAGE, GPU_ACTIVITY, TTFT_MILLIS -> ofPods(situation, metric, "avg");
    };
  }

  private static Map<String, Object> ofPods(
      Situation situation, ScalingMetric metric, String function) {
    var name = SignalNames.of(metric.type(), situation.stable().spec().engine().type());
    var pods =
        "{namespace=\"%s\",pod=~\"%s\"}".formatted(situation.namespace(), Names.pods(situation));
    var query = "%s(%s%s)".formatted(function, name, pods);
    return prometheus(
        situation, name, maySleep(situation) ? query + orAsleep(pods) : query, metric);
  }

  private static boolean maySleep(Situation situation) {
    return situation.spec().autoscaling().fewest() == 0;
  }

  /**
   * Nothing where Prometheus reads no pod: that is a model asleep. A missing value would be an
   * error there, and replicasOnMetricsLoss would wake it.
   */
  private static String orAsleep(String pods) {
    return " or (vector(0) unless on() up%s)".formatted(pods);
  }

  // A dead scrape must not look like an idle model, so a missing value is an error.
  private static Map<String, Object> prometheus(
      Situation situation, String name, String query, ScalingMetric metric) {
    return Map.of(
        "type",
        "prometheus",
        "name",
        name.replaceAll("[^a-zA-Z0-9]", "-").toLowerCase(java.util.Locale.ROOT),
        "metricType",
        "AverageValue",
        "metadata",
        Map.of(
            "serverAddress",
            situation
                .settings()
                .prometheusAddress()
                .orElse("http://prometheus-operated.monitoring.svc:9090"),
            "query",
            query,
            "threshold",
            metric.target(),
            "ignoreNullValues",
            "false"));
  }

  private static Map<String, Object> cron(ScalingSchedule schedule) {
    return Map.of(
        "type", "cron",
        "name", schedule.name(),
        "metadata",
            Map.of(
                "timezone", schedule.timeZone(),
                "start", schedule.start(),
                "end", schedule.end(),
                "desiredReplicas", schedule.replicas().toString()));
  }
}
