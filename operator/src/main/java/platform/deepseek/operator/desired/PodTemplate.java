package platform.deepseek.operator.desired;

import static java.util.Map.entry;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.GpuAllocation;
import platform.deepseek.operator.resource.PodSecurity;
import platform.deepseek.operator.resource.SecretReference;

/** Pods that serve a model: where they run, what they may do, what they read. */
public final class PodTemplate {

  /** Name of the pod's claim on GPUs with dynamic resource allocation. */
  static final String GPU_CLAIM = "gpus";

  private static final long UID = 10001;

  /** For prefixes that are handed over, settlements, and the end of the process itself. */
  private static final long SECONDS_AFTER_THE_DRAIN = 15;

  private PodTemplate() {}

  /** The template for replicas of one node, or for the leader of several. */
  public static PodTemplateSpec of(Situation situation, Tracked tracked) {
    return build(situation, tracked, EngineContainer.of(situation, tracked, false));
  }

  /** The template for the other nodes of a replica that spans several. */
  public static PodTemplateSpec worker(Situation situation, Tracked tracked) {
    return build(situation, tracked, EngineContainer.of(situation, tracked, true));
  }

  private static PodTemplateSpec build(
      Situation situation, Tracked tracked, io.fabric8.kubernetes.api.model.Container container) {
    var spec = tracked.spec();
    var template =
        new PodTemplateSpecBuilder()
            .withNewMetadata()
            .withLabels(labels(situation, tracked))
            .withAnnotations(Map.of(Labels.CONFIG_HASH, configHash(situation, spec)))
            .endMetadata()
            .withNewSpecLike(podSpec(situation, tracked).withContainers(container).build())
            .endSpec()
            .build();
    return spec.podTemplate() == null
        ? template
        : Overlay.over(template, spec.podTemplate(), PodTemplateSpec.class);
  }

  private static Map<String, String> labels(Situation situation, Tracked tracked) {
    var labels = new LinkedHashMap<>(Labels.of(situation.name(), Labels.SERVER));
    labels.put(Labels.TRACK, tracked.track().text());
    labels.put(Labels.REVISION, tracked.revision());
    return labels;
  }

  private static PodSpecBuilder podSpec(Situation situation, Tracked tracked) {
    var spec = tracked.spec();
    var security = spec.security();
    var pod =
        new PodSpecBuilder()
            .withServiceAccountName(security.serviceAccountIfAny().orElse(situation.name()))
            .withAutomountServiceAccountToken(false)
            .withEnableServiceLinks(false)
            .withTerminationGracePeriodSeconds(
                EngineContainer.DRAIN_DELAY_SECONDS
                    + spec.availability().drainSeconds()
                    + SECONDS_AFTER_THE_DRAIN)
            .withNodeSelector(nodeSelector(situation, spec))
            .withTolerations(tolerations(spec))
            .withTopologySpreadConstraints(spread(situation, tracked))
            .withVolumes(ModelVolumes.of(situation, spec))
            .withInitContainers(ModelVolumes.initContainers(situation, spec))
            .withImagePullSecrets(pullSecrets(spec));
    pod.withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(UID)
        .withRunAsGroup(UID)
        .withFsGroup(UID)
        .withFsGroupChangePolicy("OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext();
    if (security.podSecurity() == PodSecurity.BASELINE) {
      pod.editSecurityContext().withRunAsNonRoot(null).withRunAsUser(null).endSecurityContext();
    }
    var scheduling = spec.scheduling();
    if (scheduling.affinity() != null) {
      pod.withAffinity(
          Serialization.jsonMapper().convertValue(scheduling.affinity(), Affinity.class));
    }
    pod.withSchedulerName(scheduling.schedulerName())
        .withRuntimeClassName(scheduling.runtimeClassName())
        .withPriorityClassName(situation.spec().quota().priorityClassName());
    if (spec.gpu() != null && spec.gpu().allocation() == GpuAllocation.DRA) {
      pod.addNewResourceClaim()
          .withName(GPU_CLAIM)
          .withResourceClaimTemplateName(
              Names.workload(situation.name(), tracked.track()) + "-gpus")
          .endResourceClaim();
    }
    return pod;
  }

  private static Map<String, String> nodeSelector(
      Situation situation, DeepSeekDeploymentSpec spec) {
    var selector = new LinkedHashMap<String, String>();
    spec.gpuIfAny()
        .filter(gpu -> gpu.allocation() == GpuAllocation.DEVICE_PLUGIN)
        .ifPresent(
            gpu -> selector.put("nvidia.com/gpu.product", situation.gpuClass(gpu).product()));
    selector.putAll(spec.scheduling().nodeSelectorOrNone());
    return selector;
  }

  private static List<Toleration> tolerations(DeepSeekDeploymentSpec spec) {
    var tolerations = new ArrayList<Toleration>();
    if (spec.gpu() != null) {
      tolerations.add(
          new TolerationBuilder()
              .withKey("nvidia.com/gpu")
              .withOperator("Exists")
              .withEffect("NoSchedule")
              .build());
    }
    tolerations.addAll(spec.scheduling().tolerationsOrNone());
    return tolerations;
  }

  private static List<TopologySpreadConstraint> spread(Situation situation, Tracked tracked) {
    return tracked.spec().availability().spreadOrNone().stream()
        .map(
            key ->
                new TopologySpreadConstraintBuilder()
                    .withMaxSkew(1)
                    .withTopologyKey(key)
                    .withWhenUnsatisfiable("ScheduleAnyway")
                    .withLabelSelector(
                        new LabelSelectorBuilder()
                            .withMatchLabels(Labels.server(situation.name(), tracked.track()))
                            .build())
                    .build())
        .toList();
  }

  private static List<LocalObjectReference> pullSecrets(DeepSeekDeploymentSpec spec) {
    return spec.security().imagePullSecretsOrNone().stream()
        .map(SecretReference::name)
        .map(LocalObjectReference::new)
        .toList();
  }

  /** Changes when a Secret that the pods read changes, so that the change rolls them. */
  private static String configHash(Situation situation, DeepSeekDeploymentSpec spec) {
    return Hash.of(
        ReadSecrets.ofPods(spec).stream()
            .map(name -> entry(name, situation.secretHashes().getOrDefault(name, "absent")))
            .map(Object::toString)
            .collect(Collectors.joining("\n")));
  }
}
