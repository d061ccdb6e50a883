package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.LinkedHashMap;
import java.util.List;
import platform.deepseek.operator.desired.FetchContainer;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.CacheMode;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/**
 * One Job per source, which fills the claim that all replicas read. A Job's pods cannot be changed,
 * so another source, revision or digest is another Job with a folder of its own: a canary downloads
 * beside what serves. The fetching program resumes what an earlier pod has left.
 */
public class DownloadJobs extends OwnedObjects<Job> {

  private static final int RETRIES = 6;
  private static final int DIGEST_MISMATCH = 10;

  public DownloadJobs() {
    super(Job.class);
  }

  @Override
  public List<Job> desired(Situation situation) {
    var bySource = new LinkedHashMap<String, Job>();
    for (var tracked : situation.tracked()) {
      var spec = tracked.spec();
      if (spec.cache().mode() == CacheMode.SHARED_VOLUME
          && spec.model().source().kind().isDownloaded()) {
        var job = of(situation, spec);
        bySource.putIfAbsent(job.getMetadata().getName(), job);
      }
    }
    return List.copyOf(bySource.values());
  }

  /**
   * A Job that is there is left as it is: its name says what it fetches, and a newer operator with
   * another image has no reason to fetch it again.
   */
  @Override
  public Result<Job> match(
      Job actual, Job desired, DeepSeekDeployment primary, Context<DeepSeekDeployment> context) {
    return Result.nonComputed(true);
  }

  private static Job of(Situation situation, DeepSeekDeploymentSpec spec) {
    return new JobBuilder()
        .withMetadata(
            metadata(
                situation,
                Names.download(situation.name(), spec.model().source()),
                Labels.DOWNLOAD))
        .withNewSpec()
        .withBackoffLimit(RETRIES)
        // Other files than those that were named do not become the right ones by fetching again.
        .withNewPodFailurePolicy()
        .addNewRule()
        .withAction("FailJob")
        .withNewOnExitCodes()
        .withContainerName(FetchContainer.NAME)
        .withOperator("In")
        .withValues(DIGEST_MISMATCH)
        .endOnExitCodes()
        .endRule()
        .endPodFailurePolicy()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(Labels.of(situation.name(), Labels.DOWNLOAD))
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withServiceAccountName(situation.name())
        .withAutomountServiceAccountToken(false)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(10001L)
        .withRunAsGroup(10001L)
        .withFsGroup(10001L)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(FetchContainer.of(situation, spec))
        .withVolumes(
            new VolumeBuilder()
                .withName("model")
                .withNewPersistentVolumeClaim()
                .withClaimName(Names.claim(situation.name(), spec))
                .endPersistentVolumeClaim()
                .build(),
            new VolumeBuilder().withName("tmp").withNewEmptyDir().endEmptyDir().build())
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }
}
