package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import platform.deepseek.operator.desired.Hash;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.resource.AnomalyStatus;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.status.Conditions;

/**
 * Tells changes of conditions as Events. The name of an Event is a hash of what it says, so the
 * same thing said again counts up instead of filling the list.
 */
public final class EventRecorder {

  private static final Logger LOG = Logger.getLogger(EventRecorder.class);
  private static final int CONFLICT = 409;
  private static final int LONGEST_MESSAGE = 1000;
  private static final Set<ConditionType> TOLD_IF_WELL =
      EnumSet.of(
          ConditionType.READY,
          ConditionType.MODEL_CACHED,
          ConditionType.CANARY_HEALTHY,
          ConditionType.PAUSED);

  private final KubernetesClient client;
  private final Clock clock;

  public EventRecorder(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /** One Event for each condition whose status or reason has changed. */
  public void tell(DeepSeekDeployment resource, List<Condition> before, List<Condition> after) {
    for (var type : ConditionType.values()) {
      var now = Conditions.find(after, type);
      var old = Conditions.find(before, type);
      if (now.isPresent() && isNews(type, old, now.get())) {
        record(
            resource,
            eventType(type, now.get()),
            now.get().getReason(),
            now.get().getType() + ": " + now.get().getMessage());
      }
    }
  }

  /** That all is well from the beginning is no news, but for what somebody waits for. */
  private static boolean isNews(ConditionType type, Optional<Condition> old, Condition now) {
    if (old.isEmpty()) {
      return TOLD_IF_WELL.contains(type) || eventType(type, now).equals("Warning");
    }
    return !Objects.equals(old.get().getReason(), now.getReason())
        || !Objects.equals(old.get().getStatus(), now.getStatus());
  }

  /** One Event for what a rule has found, with what became of its actions. */
  public void tell(DeepSeekDeployment resource, AnomalyStatus anomaly) {
    record(
        resource,
        "Warning",
        Reason.ANOMALY.text(),
        "%s at pod %s, %d time(s): %s (%s)"
            .formatted(
                anomaly.rule(),
                anomaly.pod(),
                anomaly.count(),
                anomaly.message(),
                anomaly.outcome()));
  }

  private static String eventType(ConditionType type, Condition condition) {
    var good =
        switch (type) {
          case PROGRESSING, PAUSED, CUSTOMISED -> true;
          case DEGRADED -> condition.getStatus().equals("False");
          case READY,
              ACCEPTED,
              QUOTA_AVAILABLE,
              GPU_AVAILABLE,
              MODEL_CACHED,
              WORKLOAD_AVAILABLE,
              AUTOSCALING_ACTIVE,
              ROUTE_READY,
              CANARY_HEALTHY ->
              condition.getStatus().equals("True")
                  || condition.getReason().equals("Starting")
                  || condition.getReason().equals("Downloading");
        };
    return good ? "Normal" : "Warning";
  }

  private void record(DeepSeekDeployment resource, String type, String reason, String text) {
    var metadata = resource.getMetadata();
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    var message = text.length() > LONGEST_MESSAGE ? text.substring(0, LONGEST_MESSAGE) : text;
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withName(metadata.getName() + "." + Hash.of(metadata.getUid() + reason + message))
            .withNamespace(metadata.getNamespace())
            .withLabels(Labels.of(metadata.getName(), "event"))
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(resource.getApiVersion())
            .withKind(resource.getKind())
            .withName(metadata.getName())
            .withNamespace(metadata.getNamespace())
            .withUid(metadata.getUid())
            .endInvolvedObject()
            .withType(type)
            .withReason(reason)
            .withMessage(message)
            .withNewSource()
            .withComponent(Labels.OPERATOR)
            .endSource()
            .withFirstTimestamp(now)
            .withLastTimestamp(now)
            .withCount(1)
            .build();
    try {
      write(event, now);
    } catch (KubernetesClientException e) {
      // An Event is told once and is no state: the condition says the same.
      LOG.warnf("event %s of %s was not written: %s", reason, metadata.getName(), e.getMessage());
    }
  }

  private void write(Event event, String now) {
    var resource = client.v1().events().inNamespace(event.getMetadata().getNamespace());
    try {
      resource.resource(event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
      resource
          .withName(event.getMetadata().getName())
          .edit(
              old ->
                  new EventBuilder(old)
                      .withCount(old.getCount() == null ? 2 : old.getCount() + 1)
                      .withLastTimestamp(now)
                      .build());
    }
  }
}
