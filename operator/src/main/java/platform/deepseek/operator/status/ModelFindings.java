package platform.deepseek.operator.status;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.Optional;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.observe.Download;
import platform.deepseek.operator.resource.CacheMode;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.Reason;

/** Where the model's files are. */
final class ModelFindings {

  private ModelFindings() {}

  static Optional<Finding> cached(StatusReport.Input input) {
    var spec = input.situation().spec();
    if (spec.cache().mode() != CacheMode.SHARED_VOLUME
        || !spec.model().source().kind().isDownloaded()) {
      return Optional.empty();
    }
    var newest = input.situation().tracked().getLast().spec();
    return job(input, Names.download(input.situation().name(), newest.model().source()))
        .map(job -> ofDownload(Download.of(job, input.observed().downloads()), input));
  }

  static Optional<Download.Complete> complete(StatusReport.Input input) {
    var spec = input.situation().stable().spec();
    return job(input, Names.download(input.situation().name(), spec.model().source()))
        .map(job -> Download.of(job, input.observed().downloads()))
        .filter(Download.Complete.class::isInstance)
        .map(Download.Complete.class::cast);
  }

  private static Optional<Job> job(StatusReport.Input input, String name) {
    return input.observed().jobs().stream()
        .filter(job -> job.getMetadata().getName().equals(name))
        .findFirst();
  }

  private static Finding ofDownload(Download download, StatusReport.Input input) {
    return switch (download) {
      case Download.Complete complete ->
          Finding.yes(ConditionType.MODEL_CACHED, Reason.CACHED, "all files are on the cluster");
      case Download.Failed failed ->
          Finding.no(
              ConditionType.MODEL_CACHED,
              failed.trouble().reason(),
              failed.trouble().message() + (failed.forGood() ? "" : " (it is tried again)"));
      case Download.Running running ->
          unbound(input)
              .orElseGet(
                  () ->
                      Finding.no(ConditionType.MODEL_CACHED, Reason.DOWNLOADING, progress(input)));
    };
  }

  private static Optional<Finding> unbound(StatusReport.Input input) {
    var scheduled =
        input.observed().downloads().stream().anyMatch(pod -> pod.getSpec().getNodeName() != null);
    return input.observed().claims().stream()
        .filter(claim -> !scheduled)
        .filter(
            claim -> claim.getStatus() != null && "Pending".equals(claim.getStatus().getPhase()))
        .map(
            claim ->
                Finding.no(
                    ConditionType.MODEL_CACHED,
                    Reason.CLAIM_PENDING,
                    "PersistentVolumeClaim/%s is not bound; kubectl describe it, and check cache.volume.storageClassName"
                        .formatted(claim.getMetadata().getName())))
        .findFirst();
  }

  private static String progress(StatusReport.Input input) {
    return input
        .progress()
        .filter(it -> it.bytesTotal() != null && it.bytesTotal() > 0)
        .map(
            it ->
                "%d of %d MiB, %d %%%s"
                    .formatted(
                        it.bytesDone() >> 20,
                        it.bytesTotal() >> 20,
                        100 * it.bytesDone() / it.bytesTotal(),
                        it.etaSeconds() == null ? "" : ", " + it.etaSeconds() + " s left"))
        .orElse("the download runs");
  }
}
