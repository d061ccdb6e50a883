package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.observe.Diagnosis;
import platform.deepseek.operator.observe.Observed;

/**
 * Events of a server pod that is in trouble and of its node. Asked for only then, and of one pod:
 * replicas of one spec mostly fail in one way.
 */
public final class Circumstances {

  private static final Logger LOG = Logger.getLogger(Circumstances.class);

  /** Where Events of what has no namespace are. */
  private static final String OF_NODES = "default";

  private final KubernetesClient client;

  public Circumstances(KubernetesClient client) {
    this.client = Glance.with(client);
  }

  List<Event> of(Observed observed) {
    return Stream.of(Track.values())
        .flatMap(track -> observed.servers(track).stream())
        .filter(Diagnosis::isAiling)
        .findFirst()
        .map(this::of)
        .orElse(List.of());
  }

  private List<Event> of(Pod pod) {
    var events = new ArrayList<Event>();
    var metadata = pod.getMetadata();
    try {
      events.addAll(
          client
              .v1()
              .events()
              .inNamespace(metadata.getNamespace())
              .withField("involvedObject.uid", metadata.getUid())
              .list()
              .getItems());
      if (pod.getSpec().getNodeName() != null) {
        events.addAll(
            client
                .v1()
                .events()
                .inNamespace(OF_NODES)
                .withField("involvedObject.kind", "Node")
                .withField("involvedObject.name", pod.getSpec().getNodeName())
                .list()
                .getItems());
      }
    } catch (KubernetesClientException e) {
      LOG.warnf("the Events of %s could not be read: %s", metadata.getName(), e.getMessage());
    }
    return events;
  }
}
