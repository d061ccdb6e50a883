package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.Phase;

/** A namespace of the test cluster and the questions that tests ask in it. */
final class Bench implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final TestCluster cluster = TestCluster.get();
  private final String namespace = cluster.namespace();

  Bench() {
    // The files of the small model: a claim that somebody has filled.
    apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """);
  }

  String namespace() {
    return namespace;
  }

  KubernetesClient client() {
    return cluster.client();
  }

  TestCluster cluster() {
    return cluster;
  }

  /** Applies as kubectl apply --server-side does. */
  void apply(String yaml) {
    client()
        .resource(yaml)
        .inNamespace(namespace)
        .fieldManager("kubectl")
        .forceConflicts()
        .serverSideApply();
  }

  <T extends HasMetadata> T get(Class<T> kind, String name) {
    return client().resources(kind).inNamespace(namespace).withName(name).get();
  }

  <T extends HasMetadata> List<T> list(Class<T> kind) {
    return client().resources(kind).inNamespace(namespace).list().getItems();
  }

  /** Server pods of a resource that are not on their way out. */
  List<Pod> servers(String name) {
    return client()
        .pods()
        .inNamespace(namespace)
        .withLabels(Labels.server(name))
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  DeepSeekDeploymentStatus status(String name) {
    var resource = get(DeepSeekDeployment.class, name);
    return resource == null || resource.getStatus() == null
        ? DeepSeekDeploymentStatus.unknown()
        : resource.getStatus();
  }

  DeepSeekDeploymentStatus awaitStatus(String name, Predicate<DeepSeekDeploymentStatus> reached) {
    return await()
        .dontCatchUncaughtExceptions()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> status(name), reached);
  }

  /** Ready, and about the newest spec. */
  DeepSeekDeploymentStatus awaitReady(String name) {
    return awaitStatus(name, status -> status.phase() == Phase.READY && isCurrent(name, status));
  }

  private boolean isCurrent(String name, DeepSeekDeploymentStatus status) {
    var generation = get(DeepSeekDeployment.class, name).getMetadata().getGeneration();
    return generation.equals(status.observedGeneration());
  }

  /** Waits until a condition has the reason, and gives it. */
  Condition awaitReason(String name, ConditionType type, String reason) {
    var status =
        awaitStatus(
            name,
            it ->
                it.conditionsOrNone().stream()
                    .anyMatch(
                        condition ->
                            condition.getType().equals(type.text())
                                && condition.getReason().equals(reason)));
    return condition(status, type);
  }

  static Condition condition(DeepSeekDeploymentStatus status, ConditionType type) {
    return status.conditionsOrNone().stream()
        .filter(it -> it.getType().equals(type.text()))
        .findFirst()
        .orElseThrow();
  }

  List<Event> events(String name) {
    return list(Event.class).stream()
        .filter(event -> event.getInvolvedObject().getName().equals(name))
        .toList();
  }

  /** Waits until each of these has been told as an Event. */
  void awaitEvents(String name, String... reasons) {
    eventually(() -> assertThat(events(name)).extracting("reason").contains((Object[]) reasons));
  }

  /** Waits until so many replicas answer. */
  DeepSeekDeploymentStatus awaitReplicas(String name, int replicas) {
    return awaitStatus(name, status -> Integer.valueOf(replicas).equals(status.readyReplicas()));
  }

  /** Waits until the condition holds. */
  void eventually(Runnable assertions) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(assertions::run);
  }

  void assertGone(Class<? extends HasMetadata> kind, String name) {
    eventually(() -> assertThat(get(kind, name)).isNull());
  }

  @Override
  public void close() {
    client().resources(DeepSeekDeployment.class).inNamespace(namespace).delete();
    client().namespaces().withName(namespace).delete();
  }
}
