package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.fit.MemoryNeed;
import platform.deepseek.operator.resource.CacheMode;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.Retention;

/**
 * The claim that holds the model's files. Hours of download are in it, so it is never deleted by a
 * change of the spec, and with retention Retain it has no owner and outlives the resource.
 */
public class PersistentVolumeClaims extends OwnedObjects<PersistentVolumeClaim> {

  private static final long SMALLEST_GIB = 1;

  public PersistentVolumeClaims() {
    super(PersistentVolumeClaim.class);
  }

  @Override
  public List<PersistentVolumeClaim> desired(Situation situation) {
    var spec = situation.stable().spec();
    if (spec.cache().mode() != CacheMode.SHARED_VOLUME
        || !spec.model().source().kind().isDownloaded()
        || spec.cache().volume().existingClaimIfAny().isPresent()) {
      return List.of();
    }
    var volume = spec.cache().volume();
    return List.of(
        new PersistentVolumeClaimBuilder()
            .withMetadata(metadata(situation, Names.claim(situation.name(), spec), "model"))
            .withNewSpec()
            .withAccessModes(volume.accessMode().kubernetesName())
            .withStorageClassName(volume.storageClassName())
            .withNewResources()
            .withRequests(
                Map.of("storage", volume.size() == null ? sizeFor(situation) : volume.size()))
            .endResources()
            .endSpec()
            .build());
  }

  /**
   * A size that nobody wrote is that of the day on which the claim was made: many claims cannot
   * grow, none can shrink, and a refused claim would hold up everything behind it.
   */
  @Override
  public Map<String, PersistentVolumeClaim> desiredResources(
      DeepSeekDeployment primary, Context<DeepSeekDeployment> context) {
    var desired = super.desiredResources(primary, context);
    if (primary.getSpec().cache().volume().size() == null) {
      existing(primary)
          .filter(claim -> desired.containsKey(claim.getMetadata().getName()))
          .forEach(
              claim ->
                  desired
                      .get(claim.getMetadata().getName())
                      .getSpec()
                      .getResources()
                      .setRequests(claim.getSpec().getResources().getRequests()));
    }
    return desired;
  }

  /** Half as much again as the weights, once: room for the next revision's changed files. */
  private static Quantity sizeFor(Situation situation) {
    var copies = situation.stable().spec().topology().data();
    var weightsMiB =
        situation.need(situation.stable()).map(MemoryNeed::weightsMiB).orElse(100L * 1024) / copies;
    return new Quantity(Math.max(SMALLEST_GIB, (weightsMiB * 3 / 2 + 1023) / 1024) + "Gi");
  }

  @Override
  public void deleteTargetResource(
      DeepSeekDeployment primary,
      PersistentVolumeClaim claim,
      String name,
      Context<DeepSeekDeployment> context) {
    // A claim is data: whoever wants it gone deletes it by hand, or the resource with it.
  }

  @Override
  protected void addReferenceHandlingMetadata(
      PersistentVolumeClaim claim, DeepSeekDeployment primary) {
    if (primary.getSpec().cache().volume().retention() == Retention.DELETE) {
      claim.addOwnerReference(primary);
    }
  }
}
