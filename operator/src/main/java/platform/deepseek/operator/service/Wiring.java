package platform.deepseek.operator.service;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.Unremovable;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import platform.deepseek.operator.desired.Settings;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.GpuClass;
import platform.deepseek.operator.fit.ModelShapes;
import platform.deepseek.operator.reconcile.ClusterInventory;
import platform.deepseek.operator.reconcile.Deliberation;
import platform.deepseek.operator.reconcile.DownloadProgress;
import platform.deepseek.operator.reconcile.EventRecorder;
import platform.deepseek.operator.reconcile.FactFinder;
import platform.deepseek.operator.reconcile.PodMetrics;
import platform.deepseek.operator.reconcile.ServedKinds;
import platform.deepseek.operator.resource.EngineType;

/** Makes the parts and joins them. */
@Singleton
class Wiring {

  static final String LEASE = "deepseek-operator";

  @Produces
  @Singleton
  Settings settings(OperatorConfig config) {
    return new Settings(
        Map.of(
            EngineType.NATIVE, config.images().nativeEngine(),
            EngineType.VLLM, config.images().vllm(),
            EngineType.SGLANG, config.images().sglang()),
        config.images().download().orElse(config.images().nativeEngine()),
        config.gpuClasses().entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> gpuClass(entry.getKey(), entry.getValue()))),
        config.platformNamespace(),
        config.prometheusAddress());
  }

  private static GpuClass gpuClass(String name, OperatorConfig.GpuClassConfig config) {
    return new GpuClass(
        name, config.product(), config.memoryMib(), config.resourceName(), config.deviceClass());
  }

  @Produces
  @Singleton
  Deliberation deliberation(KubernetesClient client, Settings settings) {
    var clock = Clock.systemUTC();
    var fitCheck = new FitCheck(ModelShapes.known(), settings.gpuClasses());
    return new Deliberation(
        new FactFinder(
            client, new ClusterInventory(client, clock), new ServedKinds(client, clock), fitCheck),
        fitCheck,
        new PodMetrics(client),
        new DownloadProgress(client),
        settings,
        clock);
  }

  @Produces
  @Singleton
  EventRecorder events(KubernetesClient client) {
    return new EventRecorder(client, Clock.systemUTC());
  }

  /** The extension's own provider is bound too late to be found, so its meters would be missing. */
  @Produces
  @Singleton
  @Unremovable
  Metrics metrics(MeterRegistry registry) {
    return MicrometerMetrics.newMicrometerMetricsBuilder(registry).build();
  }

  @Produces
  @Singleton
  @Unremovable
  @LookupIfProperty(
      name = "deepseek.operator.leader-election.enabled",
      stringValue = "true",
      lookupIfMissing = true)
  LeaderElectionConfiguration leaderElection(OperatorConfig config) {
    var lease = Duration.ofSeconds(config.leaderElection().leaseSeconds());
    var builder =
        LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
            .withLeaseDuration(lease)
            .withRenewDeadline(lease.multipliedBy(2).dividedBy(3))
            .withRetryPeriod(lease.dividedBy(5))
            .withExitOnStopLeading(false)
            .withLeaderCallbacks(new LeaderCallbacks(() -> {}, Wiring::exit, leader -> {}));
    config.leaderElection().namespace().ifPresent(builder::withLeaseNamespace);
    return builder.build();
  }

  /**
   * Who has lost the lease ends, so that there are no two leaders. On a thread of its own: the
   * lease is given back while the process ends too, and there an exit would wait for itself.
   */
  private static void exit() {
    Thread.ofPlatform().daemon().name("leadership-lost").start(() -> System.exit(1));
  }
}
