package platform.deepseek.operator.observe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import platform.deepseek.operator.resource.Reason;

/**
 * How a download Job stands, by the contract of docs/operator.md: exit codes 10, 11 and 12, a JSON
 * object as the container's last message, and one as its last line while it runs.
 */
public sealed interface Download {

  /** It runs. */
  record Running() implements Download {}

  /** All files are there. */
  record Complete(String revision, String digest, Long bytes) implements Download {}

  /** It ended with an error, for good when the Job has no tries left. */
  record Failed(Trouble trouble, boolean forGood) implements Download {}

  /** How far a download is, by its own word; fields it does not know are null. */
  record Progress(Long bytesTotal, Long bytesDone, Long etaSeconds) {}

  ObjectMapper JSON = new ObjectMapper();

  static Download of(Job job, Collection<Pod> pods) {
    var ended =
        pods.stream()
            .filter(pod -> isOf(pod, job))
            .max(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
            .flatMap(Download::terminated);
    if (has(job, "Complete")) {
      var report = ended.map(ContainerStateTerminated::getMessage).flatMap(Download::json);
      return new Complete(
          report.map(it -> text(it, "resolvedRevision")).orElse(null),
          report.map(it -> text(it, "digest")).orElse(null),
          report.map(it -> number(it, "bytesTotal")).orElse(null));
    }
    var failure = ended.filter(it -> it.getExitCode() != 0);
    if (has(job, "Failed") || failure.isPresent()) {
      return new Failed(trouble(job, failure), has(job, "Failed"));
    }
    return new Running();
  }

  /** Reads the last line that a running download has printed. */
  static Optional<Progress> progress(String line) {
    return json(line)
        .filter(it -> it.has("bytesDone"))
        .map(
            it ->
                new Progress(
                    number(it, "bytesTotal"), number(it, "bytesDone"), number(it, "etaSeconds")));
  }

  private static Trouble trouble(Job job, Optional<ContainerStateTerminated> ended) {
    var code = ended.map(ContainerStateTerminated::getExitCode).orElse(null);
    var said =
        ended
            .map(ContainerStateTerminated::getMessage)
            .map(text -> json(text).map(it -> text(it, "message")).orElse(text.strip()))
            .orElse("");
    var reason =
        switch (code == null ? 1 : code) {
          case 10 -> Reason.DIGEST_MISMATCH;
          case 11 -> Reason.NO_SPACE;
          case 12 -> Reason.SOURCE_UNREACHABLE;
          default -> Reason.DOWNLOAD_FAILED;
        };
    return new Trouble(
        reason,
        "Job/" + job.getMetadata().getName(),
        reason.text(),
        "the download ended with %s%s; delete the Job to try again"
            .formatted(
                code == null ? "an error" : "exit code " + code, said.isEmpty() ? "" : ": " + said),
        code);
  }

  private static boolean isOf(Pod pod, Job job) {
    return pod.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> owner.getUid().equals(job.getMetadata().getUid()));
  }

  private static Optional<ContainerStateTerminated> terminated(Pod pod) {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getContainerStatuses().stream()
            .map(status -> status.getState().getTerminated())
            .filter(ended -> ended != null && ended.getExitCode() != null)
            .findFirst();
  }

  private static boolean has(Job job, String condition) {
    return job.getStatus() != null
        && job.getStatus().getConditions().stream()
            .anyMatch(it -> it.getType().equals(condition) && it.getStatus().equals("True"));
  }

  private static Optional<JsonNode> json(String text) {
    if (text == null || !text.strip().startsWith("{")) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readTree(text.strip()));
    } catch (JsonProcessingException e) {
      return Optional.empty(); // A line of a log, not the report.
    }
  }

  private static String text(JsonNode node, String field) {
    return node.hasNonNull(field) ? node.get(field).asText() : null;
  }

  private static Long number(JsonNode node, String field) {
    return node.hasNonNull(field) ? node.get(field).asLong() : null;
  }
}
