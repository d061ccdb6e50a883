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
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Rule;
import platform.deepseek.operator.desired.PlatformServices;
import platform.deepseek.operator.desired.Settings;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.GpuClass;
import platform.deepseek.operator.fit.ModelShapes;
import platform.deepseek.operator.heal.BuiltInRules;
import platform.deepseek.operator.heal.Healing;
import platform.deepseek.operator.heal.Webhook;
import platform.deepseek.operator.reconcile.CanaryMeasurements;
import platform.deepseek.operator.reconcile.Circumstances;
import platform.deepseek.operator.reconcile.ClusterInventory;
import platform.deepseek.operator.reconcile.ClusterSigns;
import platform.deepseek.operator.reconcile.Deliberation;
import platform.deepseek.operator.reconcile.DownloadProgress;
import platform.deepseek.operator.reconcile.EventRecorder;
import platform.deepseek.operator.reconcile.FactFinder;
import platform.deepseek.operator.reconcile.ServedKinds;
import platform.deepseek.operator.resource.EngineType;

/** Makes the parts and joins them. */
@Singleton
class Wiring {

  static final String LEASE = "deepseek-operator";

  /** What the framework's words for all namespaces and its own one begin with. */
  private static final String NOT_A_NAME = "JOSDK_";

  @Produces
  @Singleton
  Settings settings(OperatorConfig config) {
    return new Settings(
        Map.of(
            EngineType.NATIVE, config.images().nativeEngine(),
            EngineType.VLLM, config.images().vllm(),
            EngineType.SGLANG, config.images().sglang()),
        config.images().download().orElse(config.images().nativeEngine()),
        config.hubAddress(),
        config.gpuClasses().entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> gpuClass(entry.getKey(), entry.getValue()))),
        config.platformNamespace(),
        config.monitoringNamespace(),
        new PlatformServices(
            config.services().authAddress(),
            config.services().cacheAddress(),
            config.services().keySecret()),
        config.prometheusAddress(),
        config.webhookHosts().orElse(List.of()),
        config.logFormat());
  }

  private static GpuClass gpuClass(String name, OperatorConfig.GpuClassConfig config) {
    return new GpuClass(
        name, config.product(), config.memoryMib(), config.resourceName(), config.deviceClass());
  }

  @Produces
  @Singleton
  FitCheck fitCheck(Settings settings) {
    return new FitCheck(ModelShapes.known(), settings.gpuClasses());
  }

  @Produces
  @Singleton
  ClusterInventory inventory(
      KubernetesClient client,
      @ConfigProperty(name = "quarkus.operator-sdk.namespaces") Optional<Set<String>> namespaces) {
    var named =
        namespaces.orElse(Set.of()).stream()
            .filter(name -> !name.startsWith(NOT_A_NAME))
            .collect(Collectors.toUnmodifiableSet());
    return new ClusterInventory(client, named, Clock.systemUTC());
  }

  @Produces
  @Singleton
  Deliberation deliberation(
      KubernetesClient client, ClusterInventory inventory, FitCheck fitCheck, Settings settings) {
    var clock = Clock.systemUTC();
    return new Deliberation(
        new FactFinder(client, inventory, new ServedKinds(client, clock), fitCheck),
        fitCheck,
        new CanaryMeasurements(client, clock),
        new DownloadProgress(client),
        new Circumstances(client),
        settings,
        clock);
  }

  /**
   * Rules that cannot be read end the operator: it would watch for nothing and nobody would know.
   */
  @Produces
  @Singleton
  Healing healing(
      KubernetesClient client,
      ClusterInventory inventory,
      FitCheck fitCheck,
      Settings settings,
      OperatorConfig config)
      throws IOException, BadRule {
    var configured =
        config.rulesFile().isPresent()
            ? Rule.parse(Files.readString(config.rulesFile().get()))
            : List.<Rule>of();
    return new Healing(
        new ClusterSigns(client, inventory, fitCheck),
        new Webhook(settings.webhookHosts(), Webhook.PATIENCE),
        BuiltInRules.read(),
        configured,
        Clock.systemUTC());
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
    return MicrometerMetrics.withoutPerResourceMetrics(registry);
  }

  @Produces
  @Singleton
  @Unremovable
  @LookupIfProperty(
      name = "deepseek.operator.leader-election.enabled",
      stringValue = "true",
      lookupIfMissing = true)
  LeaderElectionConfiguration leaderElection(OperatorConfig config, KubernetesClient client) {
    var lease = Duration.ofSeconds(config.leaderElection().leaseSeconds());
    var builder =
        LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
            .withLeaseDuration(lease)
            .withRenewDeadline(lease.multipliedBy(2).dividedBy(3))
            .withRetryPeriod(lease.dividedBy(5))
            .withExitOnStopLeading(false)
            .withLeaderCallbacks(
                new LeaderCallbacks(() -> leads(config, client), Wiring::exit, leader -> {}));
    config.leaderElection().namespace().ifPresent(builder::withLeaseNamespace);
    return builder.build();
  }

  private static void leads(OperatorConfig config, KubernetesClient client) {
    String namespace = config.leaderElection().namespace().orElseGet(client::getNamespace);
    config
        .leaderElection()
        .owner()
        .map(owner -> new LeaseOwner(client, namespace, owner))
        .ifPresent(owner -> Thread.ofVirtual().name("lease-owner").start(owner::own));
  }

  /**
   * Who has lost the lease ends, so that there are no two leaders. On a thread of its own: the
   * lease is given back while the process ends too, and there an exit would wait for itself.
   */
  private static void exit() {
    Thread.ofPlatform().daemon().name("leadership-lost").start(() -> System.exit(1));
  }
}
