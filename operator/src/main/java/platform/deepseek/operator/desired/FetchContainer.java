package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/**
 * The container that fetches a model's files. What it prints and how it ends is a contract:
 * docs/operator.md, "Download".
 */
public final class FetchContainer {

  public static final String NAME = "fetch";

  private FetchContainer() {}

  public static Container of(Situation situation, DeepSeekDeploymentSpec spec) {
    return new ContainerBuilder()
        .withName(NAME)
        .withImage(situation.settings().downloadImage())
        .withArgs(arguments(spec))
        .withEnv(mirror(situation))
        .withEnvFrom(credentials(spec))
        .withVolumeMounts(
            ModelVolumes.mount(ModelVolumes.MODEL, "/models", false),
            ModelVolumes.mount("tmp", "/tmp", false))
        .withNewResources()
        .withRequests(Map.of("cpu", new Quantity("500m"), "memory", new Quantity("512Mi")))
        .withLimits(Map.of("cpu", new Quantity("2"), "memory", new Quantity("2Gi")))
        .endResources()
        .withTerminationMessagePath("/dev/termination-log")
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withSecurityContext(EngineContainer.confined(true))
        .build();
  }

  private static List<String> arguments(DeepSeekDeploymentSpec spec) {
    var source = spec.model().source();
    var arguments =
        new ArrayList<>(List.of(NAME, "--source", source.uri(), "--target", Names.modelPath(spec)));
    Optional.ofNullable(source.revision())
        .ifPresent(revision -> arguments.addAll(List.of("--revision", revision)));
    if (spec.cache().verifyDigest()) {
      Optional.ofNullable(source.digest())
          .ifPresent(digest -> arguments.addAll(List.of("--digest", digest)));
    }
    return arguments;
  }

  /** By the name that the tools of that hub know. */
  private static List<EnvVar> mirror(Situation situation) {
    return situation.settings().hubAddress().stream()
        .map(address -> new EnvVarBuilder().withName("HF_ENDPOINT").withValue(address).build())
        .toList();
  }

  private static List<EnvFromSource> credentials(DeepSeekDeploymentSpec spec) {
    return Optional.ofNullable(spec.model().source().secretRef()).stream()
        .map(
            secret ->
                new EnvFromSourceBuilder()
                    .withNewSecretRef()
                    .withName(secret.name())
                    .endSecretRef()
                    .build())
        .toList();
  }
}
