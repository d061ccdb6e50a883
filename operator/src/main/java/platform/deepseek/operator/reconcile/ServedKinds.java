package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import platform.deepseek.operator.desired.Abilities;

/**
 * What the cluster serves beyond the built-in kinds. Asked for at most every 30 seconds, so an API
 * that is installed later is found without a restart.
 */
public final class ServedKinds {

  private static final Duration FRESH_FOR = Duration.ofSeconds(30);
  private static final List<String> KINDS =
      List.of(
          Abilities.SCALED_OBJECT,
          Abilities.LEADER_WORKER_SET,
          Abilities.HTTP_ROUTE,
          Abilities.SERVICE_MONITOR,
          Abilities.PROMETHEUS_RULE,
          Abilities.RESOURCE_CLAIM_TEMPLATE);

  private final KubernetesClient client;
  private final Clock clock;
  private Abilities abilities;
  private Instant asked = Instant.MIN;

  public ServedKinds(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  public synchronized Abilities abilities() {
    var now = clock.instant();
    if (abilities == null || asked.plus(FRESH_FOR).isBefore(now)) {
      var groups =
          client.getApiGroups().getGroups().stream()
              .flatMap(group -> group.getVersions().stream())
              .map(version -> version.getGroupVersion())
              .collect(java.util.stream.Collectors.toSet());
      var kinds = new HashSet<String>();
      for (var kind : KINDS) {
        var apiVersion = kind.substring(0, kind.lastIndexOf('/'));
        if (groups.contains(apiVersion)
            && client.getApiResources(apiVersion).getResources().stream()
                .anyMatch(it -> it.getKind().equals(kind.substring(kind.lastIndexOf('/') + 1)))) {
          kinds.add(kind);
        }
      }
      abilities =
          new Abilities(
              kinds,
              groups.stream().anyMatch(it -> it.startsWith("custom.metrics.k8s.io/")),
              groups.stream().anyMatch(it -> it.startsWith("external.metrics.k8s.io/")));
      asked = now;
    }
    return abilities;
  }
}
