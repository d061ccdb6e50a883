package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.operator.resource.CacheMode;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.SourceKind;

/** Volumes of the server pods: the model, and room for what programs write. */
final class ModelVolumes {

  static final String MODEL = "model";

  private ModelVolumes() {}

  static List<Volume> of(Situation situation, DeepSeekDeploymentSpec spec) {
    var volumes = new ArrayList<Volume>();
    volumes.add(model(situation, spec));
    volumes.add(new VolumeBuilder().withName("tmp").withNewEmptyDir().endEmptyDir().build());
    if (spec.engine().type() != EngineType.NATIVE) {
      // Engines in Python pass tensors between processes through shared memory.
      volumes.add(
          new VolumeBuilder()
              .withName("shared-memory")
              .withNewEmptyDir()
              .withMedium("Memory")
              .withSizeLimit(new Quantity("16Gi"))
              .endEmptyDir()
              .build());
    }
    return volumes;
  }

  private static Volume model(Situation situation, DeepSeekDeploymentSpec spec) {
    var volume = new VolumeBuilder().withName(MODEL);
    var source = spec.model().source();
    if (source.kind() == SourceKind.CLAIM) {
      return volume
          .withNewPersistentVolumeClaim()
          .withClaimName(Names.claimOf(source))
          .withReadOnly(true)
          .endPersistentVolumeClaim()
          .build();
    }
    return switch (spec.cache().mode()) {
      case SHARED_VOLUME ->
          volume
              .withNewPersistentVolumeClaim()
              .withClaimName(Names.claim(situation.name(), spec))
              .withReadOnly(true)
              .endPersistentVolumeClaim()
              .build();
      case IMAGE_VOLUME ->
          volume
              .withNewImage()
              .withReference(source.path())
              .withPullPolicy("IfNotPresent")
              .endImage()
              .build();
      case NODE_LOCAL ->
          volume
              .withNewHostPath()
              .withPath("/var/lib/deepseek-models")
              .withType("DirectoryOrCreate")
              .endHostPath()
              .build();
      case NONE -> volume.withNewEmptyDir().endEmptyDir().build();
    };
  }

  static List<VolumeMount> mounts(DeepSeekDeploymentSpec spec) {
    var mounts = new ArrayList<VolumeMount>();
    mounts.add(mount(MODEL, "/models", true));
    mounts.add(mount("tmp", "/tmp", false));
    if (spec.engine().type() != EngineType.NATIVE) {
      mounts.add(mount("shared-memory", "/dev/shm", false));
    }
    return mounts;
  }

  /** Where files are not shared, each pod fetches them before it starts. */
  static List<Container> initContainers(Situation situation, DeepSeekDeploymentSpec spec) {
    var perPod =
        spec.cache().mode() == CacheMode.NONE || spec.cache().mode() == CacheMode.NODE_LOCAL;
    return perPod && spec.model().source().kind().isDownloaded()
        ? List.of(FetchContainer.of(situation, spec))
        : List.of();
  }

  static VolumeMount mount(String name, String path, boolean readOnly) {
    return new VolumeMountBuilder()
        .withName(name)
        .withMountPath(path)
        .withReadOnly(readOnly ? true : null)
        .build();
  }
}
