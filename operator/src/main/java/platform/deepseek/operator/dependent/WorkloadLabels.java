package platform.deepseek.operator.dependent;

import java.util.Map;
import platform.deepseek.operator.desired.Situation;

/** Labels that other controllers read on a workload. */
final class WorkloadLabels {

  private WorkloadLabels() {}

  static Map<String, String> of(Situation situation) {
    var queue = situation.spec().quota().queueName();
    return queue == null ? Map.of() : Map.of("kueue.x-k8s.io/queue-name", queue);
  }
}
