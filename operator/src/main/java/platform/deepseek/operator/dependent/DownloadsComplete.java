package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** No server pod before its model is on the cluster. */
public class DownloadsComplete implements Condition<Job, DeepSeekDeployment> {

  @Override
  public boolean isMet(
      DependentResource<Job, DeepSeekDeployment> jobs,
      DeepSeekDeployment primary,
      Context<DeepSeekDeployment> context) {
    var downloads = (DownloadJobs) jobs;
    var complete =
        downloads
            .existing(primary)
            .filter(DownloadsComplete::isComplete)
            .map(job -> job.getMetadata().getName())
            .toList();
    return downloads.desired(OwnedObjects.situation(context)).stream()
        .allMatch(job -> complete.contains(job.getMetadata().getName()));
  }

  static boolean isComplete(Job job) {
    return job.getStatus() != null
        && job.getStatus().getConditions().stream()
            .anyMatch(
                condition ->
                    condition.getType().equals("Complete") && condition.getStatus().equals("True"));
  }
}
