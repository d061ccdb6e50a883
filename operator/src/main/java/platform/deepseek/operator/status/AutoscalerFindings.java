package platform.deepseek.operator.status;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerCondition;
import java.util.Optional;
import platform.deepseek.operator.resource.AutoscalingBackend;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.Reason;

/** Whether the autoscaler scales. */
final class AutoscalerFindings {

  private AutoscalerFindings() {}

  static Optional<Finding> active(StatusReport.Input input) {
    return input
        .situation()
        .autoscaler()
        .map(
            backend ->
                backend == AutoscalingBackend.KEDA
                    ? Finding.yes(ConditionType.AUTOSCALING_ACTIVE, Reason.SCALING, "KEDA scales")
                    : input.observed().autoscalers().stream()
                        .findFirst()
                        .map(AutoscalerFindings::hpa)
                        .orElseGet(
                            () ->
                                no(Reason.STARTING, "the HorizontalPodAutoscaler is being made")));
  }

  private static Finding hpa(HorizontalPodAutoscaler hpa) {
    var condition =
        hpa.getStatus() == null
            ? Optional.<HorizontalPodAutoscalerCondition>empty()
            : hpa.getStatus().getConditions().stream()
                .filter(it -> it.getType().equals("ScalingActive"))
                .findFirst();
    if (condition.isEmpty()) {
      return no(Reason.STARTING, "the autoscaler has not looked yet");
    }
    if (condition.get().getStatus().equals("True")) {
      return Finding.yes(
          ConditionType.AUTOSCALING_ACTIVE,
          Reason.SCALING,
          "between %d and %d replicas"
              .formatted(hpa.getSpec().getMinReplicas(), hpa.getSpec().getMaxReplicas()));
    }
    return "ScalingDisabled".equals(condition.get().getReason())
        ? no(Reason.SCALING_DISABLED, condition.get().getMessage())
        : no(Reason.METRIC_UNREADABLE, condition.get().getMessage());
  }

  private static Finding no(Reason reason, String message) {
    return Finding.no(ConditionType.AUTOSCALING_ACTIVE, reason, message);
  }
}
