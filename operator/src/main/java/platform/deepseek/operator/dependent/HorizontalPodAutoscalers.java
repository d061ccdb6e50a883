package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpecBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.ScalingBehavior;
import platform.deepseek.operator.desired.SignalNames;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.resource.AutoscalingBackend;
import platform.deepseek.operator.resource.ScalingMetric;
import platform.deepseek.operator.resource.ScalingSignal;

/** The autoscaler of the stable workload (autoscaling/v2). */
public class HorizontalPodAutoscalers extends OwnedObjects<HorizontalPodAutoscaler> {

  public HorizontalPodAutoscalers() {
    super(HorizontalPodAutoscaler.class);
  }

  @Override
  public List<HorizontalPodAutoscaler> desired(Situation situation) {
    return situation.autoscaler().filter(backend -> backend == AutoscalingBackend.HPA).stream()
        .map(backend -> of(situation))
        .toList();
  }

  private static HorizontalPodAutoscaler of(Situation situation) {
    var autoscaling = situation.spec().autoscaling();
    var spansNodes = situation.stable().spec().spansNodes();
    return new HorizontalPodAutoscalerBuilder()
        .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
        .withNewSpec()
        .withNewScaleTargetRef()
        .withApiVersion(spansNodes ? "leaderworkerset.x-k8s.io/v1" : "apps/v1")
        .withKind(spansNodes ? "LeaderWorkerSet" : "Deployment")
        .withName(Names.workload(situation.name(), Track.STABLE))
        .endScaleTargetRef()
        .withMinReplicas(autoscaling.minReplicas())
        .withMaxReplicas(autoscaling.maxReplicas())
        .withMetrics(
            autoscaling.metricsOrCpu().stream().map(metric -> metric(situation, metric)).toList())
        .withBehavior(ScalingBehavior.of(situation, HorizontalPodAutoscalerBehavior.class))
        .endSpec()
        .build();
  }

  private static MetricSpec metric(Situation situation, ScalingMetric metric) {
    var builder = new MetricSpecBuilder();
    var target = new Quantity(metric.target());
    if (metric.type() == ScalingSignal.CPU) {
      return builder
          .withType("Resource")
          .withNewResource()
          .withName("cpu")
          .withNewTarget()
          .withType("Utilization")
          .withAverageUtilization(target.getNumericalAmount().intValue())
          .endTarget()
          .endResource()
          .build();
    }
    if (metric.type() == ScalingSignal.EXTERNAL) {
      return builder
          .withType("External")
          .withNewExternal()
          .withNewMetric()
          .withName(metric.name())
          .endMetric()
          .withNewTarget()
          .withType("AverageValue")
          .withAverageValue(target)
          .endTarget()
          .endExternal()
          .build();
    }
    return builder
        .withType("Pods")
        .withNewPods()
        .withNewMetric()
        .withName(SignalNames.of(metric.type(), situation.stable().spec().engine().type()))
        .endMetric()
        .withNewTarget()
        .withType("AverageValue")
        .withAverageValue(target)
        .endTarget()
        .endPods()
        .build();
  }
}
