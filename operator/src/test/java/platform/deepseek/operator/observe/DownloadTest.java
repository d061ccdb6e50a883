package platform.deepseek.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.operator.resource.Reason;

/** The contract of docs/operator.md, "Download". */
class DownloadTest {

  private static Job job(String condition) {
    return new JobBuilder()
        .withNewMetadata()
        .withName("j")
        .withUid("u")
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType(condition)
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod ended(int exitCode, String message) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .withOwnerReferences(new OwnerReferenceBuilder().withUid("u").build())
        .endMetadata()
        .withNewStatus()
        .withContainerStatuses(
            new ContainerStatusBuilder()
                .withNewState()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withMessage(message)
                .endTerminated()
                .endState()
                .build())
        .endStatus()
        .build();
  }

  @ParameterizedTest
  @CsvSource({"10,DIGEST_MISMATCH", "11,NO_SPACE", "12,SOURCE_UNREACHABLE", "1,DOWNLOAD_FAILED"})
  void exitCodesAreReasons(int code, Reason reason) {
    var failed =
        (Download.Failed)
            Download.of(job("Failed"), List.of(ended(code, "{\"message\": \"the disk said no\"}")));
    assertThat(failed.trouble().reason()).isEqualTo(reason);
    assertThat(failed.forGood()).isTrue();
    assertThat(failed.trouble().message())
        .isEqualTo(
            "the download ended with exit code "
                + code
                + ": the disk said no; delete the Job to try again");
  }

  @Test
  void aCompleteDownloadTellsRevisionDigestAndSize() {
    var report = "{\"resolvedRevision\":\"abc\",\"digest\":\"sha256:1\",\"bytesTotal\":42}";
    assertThat(Download.of(job("Complete"), List.of(ended(0, report))))
        .isEqualTo(new Download.Complete("abc", "sha256:1", 42L));
  }

  @Test
  void progressIsTheLastLineAndOtherLinesAreNone() {
    assertThat(Download.progress("{\"bytesTotal\":100,\"bytesDone\":40,\"etaSeconds\":7}"))
        .contains(new Download.Progress(100L, 40L, 7L));
    assertThat(Download.progress("resuming at 40 %")).isEmpty();
    assertThat(Download.progress("{broken")).isEmpty();
  }
}
