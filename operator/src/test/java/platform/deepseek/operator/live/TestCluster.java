package platform.deepseek.operator.live;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.awaitility.Awaitility;
import platform.deepseek.operator.CrdFile;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/**
 * The real control plane of deploy/cluster that this test run was given (KUBECONFIG and
 * TESTCLUSTER_METRICS), with our definition applied. One per run, a namespace per test.
 */
public final class TestCluster {

  private static final AtomicInteger NAMESPACES = new AtomicInteger();
  private static TestCluster shared;

  private final Config config;
  private final KubernetesClient client;
  private final URI metrics;
  private final HttpClient http;
  private final SSLSocketFactory encryption;

  private TestCluster() throws IOException, GeneralSecurityException {
    // First what only our own cluster has: a cluster of somebody else is never touched.
    this.metrics = URI.create(variable("TESTCLUSTER_METRICS"));
    this.config = config(Path.of(variable("KUBECONFIG")));
    this.client = new KubernetesClientBuilder().withConfig(config).build();
    var trust = trustingOurOwn();
    this.http =
        HttpClient.newBuilder().sslContext(trust).connectTimeout(Duration.ofSeconds(30)).build();
    this.encryption = trust.getSocketFactory();
    client
        .resource(Files.readString(CrdFile.COMMITTED))
        .fieldManager("test")
        .forceConflicts()
        .serverSideApply();
    client
        .load(TestCluster.class.getResourceAsStream("/integrations.yml"))
        .items()
        .forEach(it -> client.resource(it).fieldManager("test").forceConflicts().serverSideApply());
    // For a moment after its definition is there a resource still is refused.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsInstanceOf(KubernetesClientException.class)
        .until(
            () -> {
              client.resources(DeepSeekDeployment.class).inAnyNamespace().list();
              return client
                  .resources(CustomResourceDefinition.class)
                  .withName("deepseekdeployments.deepseek.platform")
                  .get()
                  .getStatus()
                  .getConditions()
                  .stream()
                  .anyMatch(it -> it.getType().equals("Established"));
            });
  }

  public static synchronized TestCluster get() {
    if (shared == null) {
      try {
        shared = new TestCluster();
      } catch (IOException | GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    return shared;
  }

  private static Config config(Path kubeconfig) throws IOException {
    var config = Config.fromKubeconfig(Files.readString(kubeconfig));
    return new ConfigBuilder(config)
        .withNamespace("default")
        // A busy machine may take its time to answer.
        .withConnectionTimeout(60_000)
        .withRequestTimeout(60_000)
        .build();
  }

  private static String variable(String name) {
    var value = System.getenv(name);
    if (value == null) {
      throw new IllegalStateException(
          name
              + " is not set: run these tests with make test-operator, which starts the test cluster of deploy/cluster");
    }
    return value;
  }

  KubernetesClient client() {
    return client;
  }

  Config config() {
    return config;
  }

  /** Ends the API server as kill -9 does, starts the same again, and waits until it answers. */
  void restartApiServer() throws IOException {
    var pids = Path.of(variable("TESTCLUSTER_DIR"), "pids");
    var pid =
        Files.readAllLines(pids).stream()
            .filter(line -> line.endsWith(" kube-apiserver"))
            .map(line -> Long.parseLong(line.split(" ")[0]))
            .reduce((first, last) -> last)
            .orElseThrow();
    var command =
        List.of(Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).split("\0"));
    var server = ProcessHandle.of(pid).orElseThrow();
    server.destroyForcibly();
    server.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    var log = Path.of(variable("TESTCLUSTER_DIR"), "log", "kube-apiserver").toFile();
    var again =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    Files.writeString(
        pids, again.pid() + " kube-apiserver\n", java.nio.file.StandardOpenOption.APPEND);
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .ignoreExceptionsInstanceOf(KubernetesClientException.class)
        .until(() -> "ok".equals(client.raw("/readyz")));
  }

  /** For sockets to the API server, which our own cluster has signed itself. */
  SSLSocketFactory encryption() {
    return encryption;
  }

  /** A namespace that no other test uses. Its end is not waited for. */
  String namespace() {
    Namespace namespace =
        new NamespaceBuilder()
            .withNewMetadata()
            .withName("t" + Long.toString(System.nanoTime(), 36) + NAMESPACES.incrementAndGet())
            .endMetadata()
            .build();
    return client.resource(namespace).create().getMetadata().getName();
  }

  /** Sets a value of the metrics APIs; see deploy/cluster/README.md for paths. */
  void metric(String path, String value) {
    try {
      var answer =
          http.send(
              HttpRequest.newBuilder(metrics.resolve("/set/" + path))
                  .timeout(Duration.ofSeconds(30))
                  .PUT(HttpRequest.BodyPublishers.ofString(value))
                  .build(),
              BodyHandlers.ofString());
      if (answer.statusCode() >= 300) {
        throw new IllegalStateException(answer.body());
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The metrics program's certificate is signed by the cluster's own authority. */
  private static SSLContext trustingOurOwn() throws GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustingLoopback()}, null);
    return context;
  }

  private static final class TrustingLoopback extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(
        java.security.cert.X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkServerTrusted(
        java.security.cert.X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkClientTrusted(
        java.security.cert.X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkServerTrusted(
        java.security.cert.X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String type) {}

    @Override
    public java.security.cert.X509Certificate[] getAcceptedIssuers() {
      return new java.security.cert.X509Certificate[0];
    }
  }
}
