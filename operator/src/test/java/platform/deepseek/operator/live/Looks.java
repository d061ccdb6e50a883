package platform.deepseek.operator.live;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How often an operator has looked at each resource, one look after the other: a look that begins
 * after a change is over when as many have ended as had begun before the change, and one more.
 */
final class Looks implements Metrics {

  private final Map<ResourceID, Integer> begun = new ConcurrentHashMap<>();
  private final Map<ResourceID, Integer> ended = new ConcurrentHashMap<>();

  @Override
  public void reconciliationExecutionStarted(HasMetadata resource, Map<String, Object> metadata) {
    begun.merge(ResourceID.fromResource(resource), 1, Integer::sum);
  }

  @Override
  public void reconciliationExecutionFinished(HasMetadata resource, Map<String, Object> metadata) {
    ended.merge(ResourceID.fromResource(resource), 1, Integer::sum);
  }

  int begun(ResourceID resource) {
    return begun.getOrDefault(resource, 0);
  }

  int ended(ResourceID resource) {
    return ended.getOrDefault(resource, 0);
  }
}
