package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.Phase;

/** Workloads that fall ill, and what the operator does about it. */
class HealingTest extends LiveTest {

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
  private static final String OUT_OF_MEMORY =
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB";

  @Test
  void aGpuThatRunsOutOfMemoryGetsAQuarterOfTheBatchThenMoreTensorParallelism() {
    bench.apply(gpuModel("hungry", 16));
    bench.awaitReady("hungry");
    crash("hungry", OUT_OF_MEMORY);
    bench.awaitStatus("hungry", it -> it.remedy() != null && it.remedy().steps() == 1);
    bench.eventually(() -> assertThat(flag("hungry", "--max-num-seqs")).isEqualTo("4"));
    assertThat(flag("hungry", "--tensor-parallel-size")).isEqualTo("2");
    var degraded = bench.awaitReason("hungry", ConditionType.DEGRADED, "Remedied");
    assertThat(degraded.getMessage())
        .startsWith(
            "the GPU's memory ran out, so the model is served with 4 instead of 16 requests at a time; write what works into the spec: torch.OutOfMemoryError");
    bench.awaitReplicas("hungry", 1);
    bench.eventually(() -> assertThat(bench.servers("hungry")).hasSize(1));

    // Not enough: the pods of the smaller batch end the same way.
    crash("hungry", OUT_OF_MEMORY);
    bench.eventually(() -> assertThat(flag("hungry", "--tensor-parallel-size")).isEqualTo("4"));
    assertThat(flag("hungry", "--max-num-seqs")).isEqualTo("4");
    bench.eventually(
        () ->
            assertThat(bench.servers("hungry"))
                .singleElement()
                .satisfies(
                    pod ->
                        assertThat(
                                pod.getSpec()
                                    .getContainers()
                                    .getFirst()
                                    .getResources()
                                    .getLimits()
                                    .get("nvidia.com/gpu")
                                    .getAmount())
                            .isEqualTo("4")));
    bench.awaitEvents("hungry", "Anomaly", "Remedied");

    // What a person writes counts at once.
    bench.apply(gpuModel("hungry", 2));
    bench.eventually(() -> assertThat(flag("hungry", "--max-num-seqs")).isEqualTo("2"));
    assertThat(flag("hungry", "--tensor-parallel-size")).isEqualTo("2");
    bench.awaitStatus("hungry", status -> status.remedy() == null && status.phase() == Phase.READY);
  }

  @Test
  void anOperatorThatStartsAnewKeepsTheRemedyAndTellsNothingTwice() {
    bench.apply(Resources.own(gpuModel("kept", 8)));
    try (var operator = RunningOperator.own(bench.namespace(), write -> {})) {
      bench.awaitReady("kept");
      crash("kept", OUT_OF_MEMORY);
      bench.awaitStatus("kept", it -> it.remedy() != null);
      bench.eventually(() -> assertThat(flag("kept", "--max-num-seqs")).isEqualTo("2"));
    }
    var told = bench.status("kept");
    try (var operator = RunningOperator.own(bench.namespace(), write -> {})) {
      bench.awaitReplicas("kept", 1);
      bench.awaitStatus("kept", it -> it.phase() == Phase.DEGRADED);
      assertThat(flag("kept", "--max-num-seqs")).isEqualTo("2");
      assertThat(bench.status("kept").remedy()).isEqualTo(told.remedy());
      assertThat(bench.status("kept").anomalies()).isEqualTo(told.anomalies());
    }
  }

  @Test
  void aRuleOfOnesOwnSendsASlackMessageAndATicketOncePerWindow() throws IOException {
    List<String> received = new CopyOnWriteArrayList<>();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          received.add(exchange.getRequestURI().getPath() + " " + body);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      var address = "http://127.0.0.1:" + server.getAddress().getPort();
      bench
          .client()
          .resource(
              """
              apiVersion: v1
              kind: Secret
              metadata: {name: hook}
              stringData: {url: "%s/slack"}
              """
                  .formatted(address))
          .inNamespace(bench.namespace())
          .create();
      bench.apply(
          Resources.small(
              "watched",
              """
              observability:
                rules:
                - name: xid
                  condition: "type = 'Warning' AND reason = 'GpuFault' AND message LIKE '%Xid%'"
                  window: PT1H
                  threshold: 2
                  actions:
                  - {type: webhook, secretRef: {name: hook}}
                  - {type: ticket, url: "ADDRESS/tickets"}
                  - {type: webhook, url: "https://elsewhere.example.com/x"}
              """
                  .replace("ADDRESS", address)));
      bench.awaitReady("watched");
      fault("watched", "one", "Xid 79: GPU has fallen off the bus");
      fault("watched", "two", "Xid 79: GPU has fallen off the bus");
      fault("watched", "other", "a disk is slow");
      var status = bench.awaitStatus("watched", it -> it.anomalies() != null);
      assertThat(status.anomalies())
          .singleElement()
          .satisfies(
              anomaly -> {
                assertThat(anomaly.rule()).isEqualTo("xid");
                assertThat(anomaly.count()).isEqualTo(2);
                assertThat(anomaly.outcome())
                    .isEqualTo(
                        "webhook: sent; ticket: sent; webhook: not sent: host elsewhere.example.com is not in deepseek.operator.webhook-hosts");
              });
      assertThat(received).hasSize(2);
      assertThat(received.getFirst())
          .startsWith(
              "/slack {\"text\":\"*xid* at " + bench.namespace() + "/watched: seen 2 time(s)")
          .contains("GPU has fallen off the bus");
      assertThat(received.getLast()).startsWith("/tickets {\"title\":\"xid at ");

      fault("watched", "three", "Xid 79: GPU has fallen off the bus");
      fault("watched", "four", "Xid 79: GPU has fallen off the bus");
      bench.apply(Resources.small("sentinel"));
      bench.awaitReady("sentinel");
      assertThat(received).as("told once in the window").hasSize(2);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aRuleThatCannotBeReadIsRefusedWithItsReasonAndWhatRunsStays() {
    bench.apply(Resources.small("ruled"));
    bench.awaitReady("ruled");
    bench.apply(
        Resources.small(
            "ruled",
            "replicas: 3",
            "observability: {rules: [{name: bad, condition: \"sleep(10) = 1\", actions: [{type: remediate}]}]}"));
    var refused = bench.awaitReason("ruled", ConditionType.ACCEPTED, "InvalidRule");
    assertThat(refused.getMessage()).startsWith("observability.rules: rule bad: sleep(10)");
    assertThat(bench.servers("ruled")).hasSize(1);
  }

  @Test
  void theStandbyTakesTheRouteWhileThePrimaryIsDownAndGivesItBack() {
    var resource =
        Resources.small(
            "primary",
            "network: {expose: Gateway, host: m.example.com, gatewayRef: {name: shared, namespace: infra}}",
            "availability: {standby: {serviceName: elsewhere, afterSeconds: 2, backAfterSeconds: 2}}");
    bench.apply(resource);
    bench.eventually(() -> assertThat(backend("primary")).isEqualTo("primary-stable"));
    bench.awaitReplicas("primary", 1);
    annotate("primary", "\"CrashLoopBackOff\"");
    bench.eventually(() -> assertThat(backend("primary")).isEqualTo("elsewhere"));
    bench.awaitReason("primary", ConditionType.ROUTE_READY, "OnStandby");
    annotate("primary", "null");
    bench.eventually(() -> assertThat(backend("primary")).isEqualTo("primary-stable"));
  }

  /** What makes the spec impossible is what takes the replicas down. */
  @Test
  void theStandbyTakesTheRouteThoughTheSpecCannotBeCarriedOut() {
    bench.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: keys}
        stringData: {api-key: sk-x}
        """);
    bench.apply(
        Resources.small(
            "locked",
            "auth: {mode: ApiKey, apiKeys: {name: keys}}",
            "network: {expose: Ingress, host: l.example.com}",
            "availability: {standby: {serviceName: elsewhere, afterSeconds: 2, backAfterSeconds: 2}}"));
    bench.awaitReplicas("locked", 1);
    bench.eventually(() -> assertThat(ingress("locked")).isEqualTo("locked"));
    bench.client().secrets().inNamespace(bench.namespace()).withName("keys").delete();
    annotate("locked", "\"CreateContainerConfigError\"");
    bench.awaitReason("locked", ConditionType.ACCEPTED, "SecretMissing");
    bench.eventually(() -> assertThat(ingress("locked")).isEqualTo("elsewhere"));
    bench.awaitReason("locked", ConditionType.ROUTE_READY, "OnStandby");
    assertThat(bench.get(Ingress.class, "locked").getMetadata().getOwnerReferences()).hasSize(1);
  }

  private String ingress(String name) {
    var ingress = bench.get(Ingress.class, name);
    return ingress == null
        ? ""
        : ingress
            .getSpec()
            .getRules()
            .getFirst()
            .getHttp()
            .getPaths()
            .getFirst()
            .getBackend()
            .getService()
            .getName();
  }

  private String backend(String name) {
    var route = bench.get(HTTPRoute.class, name);
    return route == null
        ? ""
        : route.getSpec().getRules().getFirst().getBackendRefs().getFirst().getName();
  }

  private static String gpuModel(String name, int concurrency) {
    return Resources.onGpus(
            name,
            "cache: {volume: {accessMode: ReadWriteOnce}}",
            "engine: {type: VLLM}",
            "auth: {mode: None}")
        .replace("data: 2", "tensor: 2")
        .replace("  gpu: {", "    maxConcurrency: " + concurrency + "\n  gpu: {");
  }

  private String flag(String deployment, String name) {
    var container =
        bench
            .get(Deployment.class, deployment)
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .getFirst();
    assertThat(container.getEnv()).extracting(EnvVar::getName).contains("HOME");
    var arguments = container.getArgs();
    return arguments.get(arguments.indexOf(name) + 1);
  }

  private void annotate(String name, String fault) {
    for (var pod : bench.servers(name)) {
      bench
          .client()
          .resource(pod)
          .patch(MERGE, "{\"metadata\":{\"annotations\":{\"testcluster/fault\":" + fault + "}}}");
    }
  }

  /** The newest pod's engine ends, with these last words, as a kubelet tells it. */
  private void crash(String name, String lastWords) {
    annotate(name, "\"CrashLoopBackOff\"");
    for (var pod : bench.servers(name)) {
      bench.eventually(() -> assertThat(waits(pod)).isTrue());
      bench
          .client()
          .resource(pod)
          .subresource("status")
          .patch(
              MERGE,
              """
              {"status": {"containerStatuses": [{"name": "engine", "image": "x", "imageID": "",
               "ready": false, "started": false, "restartCount": 1,
               "state": {"waiting": {"reason": "CrashLoopBackOff"}},
               "lastState": {"terminated": {"exitCode": 1, "reason": "Error",
                "finishedAt": "%s", "message": "%s"}}}]}}
              """
                  .formatted(Instant.now().truncatedTo(ChronoUnit.SECONDS), lastWords));
    }
  }

  private boolean waits(Pod pod) {
    var now = bench.get(Pod.class, pod.getMetadata().getName());
    return now.getStatus().getContainerStatuses().stream()
        .anyMatch(it -> it.getState().getWaiting() != null);
  }

  private void fault(String name, String event, String message) {
    var pod = bench.servers(name).getFirst();
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    bench
        .client()
        .resource(
            new EventBuilder()
                .withNewMetadata()
                .withName(name + "." + event)
                .withNamespace(bench.namespace())
                .addToLabels(Labels.INSTANCE, name)
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withNamespace(bench.namespace())
                .withUid(pod.getMetadata().getUid())
                .endInvolvedObject()
                .withType("Warning")
                .withReason("GpuFault")
                .withMessage(message)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withCount(1)
                .build())
        .create();
  }
}
