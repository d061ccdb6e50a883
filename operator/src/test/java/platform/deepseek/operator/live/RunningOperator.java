package platform.deepseek.operator.live;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.desired.Settings;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.ModelShapes;
import platform.deepseek.operator.heal.BuiltInRules;
import platform.deepseek.operator.heal.Healing;
import platform.deepseek.operator.heal.Webhook;
import platform.deepseek.operator.reconcile.CanaryMeasurements;
import platform.deepseek.operator.reconcile.Circumstances;
import platform.deepseek.operator.reconcile.ClusterInventory;
import platform.deepseek.operator.reconcile.ClusterSigns;
import platform.deepseek.operator.reconcile.DeepSeekDeploymentReconciler;
import platform.deepseek.operator.reconcile.Deliberation;
import platform.deepseek.operator.reconcile.DownloadProgress;
import platform.deepseek.operator.reconcile.EventRecorder;
import platform.deepseek.operator.reconcile.FactFinder;
import platform.deepseek.operator.reconcile.ServedKinds;

/**
 * The operator in this process, with its writes written down. Most tests share one; a test that
 * ends its operator, or makes it fail, marks its resources with {@link #OWN} and starts one of its
 * own.
 */
final class RunningOperator implements AutoCloseable {

  /** Label of resources that the shared operator leaves alone. */
  static final String OWN = "test/own-operator";

  private static final Clock UTC = Clock.systemUTC();
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static RunningOperator shared;

  /** Requests that change something, as METHOD path. */
  private final List<String> writes = new CopyOnWriteArrayList<>();

  private final Set<String> requests = ConcurrentHashMap.newKeySet();
  private final Looks looks = new Looks();
  private final KubernetesClient client;
  private final Operator operator;

  private RunningOperator(
      Config config,
      String namespace,
      Settings settings,
      Clock clock,
      Consumer<String> beforeWrite) {
    this(config, namespace, settings, clock, beforeWrite, overrider -> {});
  }

  private RunningOperator(
      Config config,
      String namespace,
      Settings settings,
      Clock clock,
      Consumer<String> beforeWrite,
      Consumer<ConfigurationServiceOverrider> more) {
    this.client =
        new KubernetesClientBuilder()
            .withConfig(config)
            .withHttpClientFactory(new Recording(beforeWrite))
            .build();
    this.operator =
        new Operator(
            overrider ->
                more.accept(
                    overrider
                        .withKubernetesClient(client)
                        .withMetrics(looks)
                        .withCloseClientOnStop(true)
                        // By default this ends the process, which here is the tests'.
                        .withInformerStoppedHandler((informer, failure) -> {})
                        .withReconciliationTerminationTimeout(Duration.ZERO)
                        .withPreviousAnnotationForDependentResources(false)));
    operator.register(
        reconciler(client, namespace.isEmpty() ? Set.of() : Set.of(namespace), settings, clock),
        overrider -> {
          overrider.withLabelSelector(namespace.isEmpty() ? "!" + OWN : OWN);
          if (!namespace.isEmpty()) {
            overrider.settingNamespace(namespace);
          }
        });
    operator.start();
  }

  /** The one that looks after all namespaces. */
  static synchronized RunningOperator shared() {
    if (shared == null) {
      shared =
          new RunningOperator(
              TestCluster.get().config(), "", TestSettings.settings(), UTC, write -> {});
    }
    return shared;
  }

  /** One for a namespace, with something that happens before each write. */
  static RunningOperator own(String namespace, Consumer<String> beforeWrite) {
    return new RunningOperator(
        TestCluster.get().config(), namespace, TestSettings.settings(), UTC, beforeWrite);
  }

  /** One for a namespace, configured in its own way. */
  static RunningOperator own(String namespace, Settings settings) {
    return new RunningOperator(TestCluster.get().config(), namespace, settings, UTC, write -> {});
  }

  /** One for a namespace, whose clock is its own. */
  static RunningOperator own(String namespace, Clock clock) {
    return new RunningOperator(
        TestCluster.get().config(), namespace, TestSettings.settings(), clock, write -> {});
  }

  /**
   * One for a namespace that leads by a Lease, with the rights of a service account and no more.
   */
  static RunningOperator withRightsOf(String user, String namespace) {
    var config =
        new ConfigBuilder(TestCluster.get().config()).withImpersonateUsername(user).build();
    var lease =
        LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration("deepseek-operator")
            .withLeaseNamespace(namespace)
            .withLeaseDuration(Duration.ofSeconds(15))
            .withRenewDeadline(Duration.ofSeconds(10))
            .withRetryPeriod(Duration.ofSeconds(1))
            .withExitOnStopLeading(false)
            .build();
    return new RunningOperator(
        config,
        namespace,
        TestSettings.settings(),
        UTC,
        write -> {},
        overrider -> overrider.withLeaderElectionConfiguration(lease));
  }

  /** One for a namespace, which reaches the API server by this line. */
  static RunningOperator through(FaultyLine line, String namespace) {
    var config =
        new ConfigBuilder(TestCluster.get().config())
            .withMasterUrl(line.address())
            .withHttp2Disable(true)
            .build();
    return new RunningOperator(config, namespace, TestSettings.settings(), UTC, write -> {});
  }

  /** What was asked of the API server, as METHOD path, watches as WATCH path. */
  Set<String> requests() {
    return requests;
  }

  private static DeepSeekDeploymentReconciler reconciler(
      KubernetesClient client, Set<String> namespaces, Settings settings, Clock clock) {
    var fitCheck = new FitCheck(ModelShapes.known(), settings.gpuClasses());
    var inventory = new ClusterInventory(client, namespaces, clock);
    var facts = new FactFinder(client, inventory, new ServedKinds(client, clock), fitCheck);
    var healing =
        new Healing(
            new ClusterSigns(client, inventory, fitCheck),
            new Webhook(settings.webhookHosts(), Duration.ofMinutes(1)),
            BuiltInRules.read(),
            List.of(),
            clock);
    return new DeepSeekDeploymentReconciler(
        new Deliberation(
            facts,
            fitCheck,
            new CanaryMeasurements(client, clock),
            new DownloadProgress(client),
            new Circumstances(client),
            settings,
            clock),
        healing,
        new EventRecorder(client, clock));
  }

  /** Writes to objects of this namespace, Events left out. */
  List<String> writes(String namespace) {
    return writes.stream()
        .filter(write -> write.contains("/namespaces/" + namespace + "/"))
        .filter(write -> !write.contains("/events"))
        .toList();
  }

  /** Waits until nothing was written to this namespace for twenty questions in a row. */
  void awaitQuiet(String namespace) {
    var last = new AtomicInteger(-1);
    var same = new AtomicInteger();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              var now = writes(namespace).size();
              var unchanged = last.getAndSet(now) == now;
              same.set(unchanged ? same.get() + 1 : 0);
              return same.get() >= 20;
            });
  }

  /** Does this and waits until a look at the resource that began after it is over. */
  void awaitLook(String namespace, String name, Runnable change) {
    var resource = new ResourceID(name, namespace);
    var before = looks.begun(resource);
    change.run();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> looks.ended(resource) > before);
  }

  @Override
  public void close() {
    operator.stop();
  }

  private final class Recording extends VertxHttpClientFactory {

    private final Consumer<String> beforeWrite;

    private Recording(Consumer<String> beforeWrite) {
      this.beforeWrite = beforeWrite;
    }

    @Override
    public io.fabric8.kubernetes.client.vertx.VertxHttpClientBuilder<VertxHttpClientFactory>
        newBuilder(Config config) {
      var builder = newBuilder();
      builder.addOrReplaceInterceptor("recording", new Recorder());
      io.fabric8.kubernetes.client.utils.HttpClientUtils.applyCommonConfiguration(
          config, builder, this);
      return builder;
    }

    private final class Recorder implements Interceptor {
      @Override
      public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        var query = request.uri().getQuery();
        var watch = query != null && query.contains("watch=true");
        requests.add((watch ? "WATCH" : request.method()) + " " + request.uri().getPath());
        if (!request.method().equals("GET")) {
          var write = request.method() + " " + request.uri().getPath();
          beforeWrite.accept(write);
          writes.add(write);
        }
      }
    }
  }
}
