package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.crd.generator.annotation.PreserveUnknownFields;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Optional;

/** How the number of replicas follows the load. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.minReplicas <= self.maxReplicas",
    message = "autoscaling.minReplicas must not exceed maxReplicas")
@ValidationRule(
    value = "self.minReplicas > 0 || has(self.idle)",
    message = "autoscaling.minReplicas 0 needs autoscaling.idle, which says when to sleep and wake")
@ValidationRule(
    value = "self.minReplicas > 0 || self.backend != 'HPA'",
    message = "autoscaling.minReplicas 0 needs backend KEDA or Auto; an HPA keeps at least one")
public record Autoscaling(
    @JsonPropertyDescription("Auto takes KEDA where it is installed and needed, else an HPA.")
        @Default("Auto")
        AutoscalingBackend backend,
    @JsonPropertyDescription(
            "Fewest replicas; 0 sleeps when idle, and needs what can wake it: schedules, or a metric of"
                + " type External. Without them one replica is kept.")
        @Default("2")
        @Min(0)
        @Max(1000)
        Integer minReplicas,
    @JsonPropertyDescription("Most replicas.") @Default("10") @Min(1) @Max(1000)
        Integer maxReplicas,
    @JsonPropertyDescription("What is looked at. Left out: CPU at 70 percent.") @Size(max = 5)
        List<ScalingMetric> metrics,
    @JsonPropertyDescription(
            "The HPA's behavior, word for word. Left out: derived from the load time.")
        @PreserveUnknownFields
        JsonNode behavior,
    @JsonPropertyDescription("Times with more replicas. Needs KEDA.") @Size(max = 20)
        List<ScalingSchedule> schedules,
    @JsonPropertyDescription("Sleep at zero replicas. Needs KEDA.") Idle idle,
    @JsonPropertyDescription("Replicas to keep when KEDA cannot read a metric.") @Min(1) @Max(1000)
        Integer replicasOnMetricsLoss) {

  public List<ScalingMetric> metricsOrCpu() {
    return metrics == null || metrics.isEmpty()
        ? List.of(new ScalingMetric(ScalingSignal.CPU, "70", null))
        : metrics;
  }

  /** Whether anything but a replica, of which none may be left, says when one is needed. */
  public boolean canWake() {
    return !schedulesOrNone().isEmpty()
        || metricsOrCpu().stream().anyMatch(metric -> metric.type() == ScalingSignal.EXTERNAL);
  }

  /** Fewest replicas that are kept: what cannot wake does not sleep. */
  public int fewest() {
    return minReplicas == 0 && !canWake() ? 1 : minReplicas;
  }

  public Optional<Idle> idleIfAny() {
    return Optional.ofNullable(idle);
  }

  public List<ScalingSchedule> schedulesOrNone() {
    return schedules == null ? List.of() : schedules;
  }
}
