package platform.deepseek.operator.heal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Condition;
import platform.deepseek.operator.anomaly.Detector;
import platform.deepseek.operator.anomaly.Field;
import platform.deepseek.operator.desired.Labels;

class SightingsTest {

  private static final Pod POD =
      new PodBuilder()
          .withNewMetadata()
          .withName("m-1")
          .withUid("u1")
          .withCreationTimestamp("2026-01-01T00:00:00Z")
          .addToLabels(Labels.REVISION, "abc")
          .endMetadata()
          .withNewSpec()
          .withNodeName("gpu-1")
          .endSpec()
          .build();

  private static Pod ended(int code, String message) {
    return new PodBuilder(POD)
        .withNewStatus()
        .addNewContainerStatus()
        .withName("engine")
        .withRestartCount(2)
        .withNewLastState()
        .withNewTerminated()
        .withExitCode(code)
        .withReason("Error")
        .withFinishedAt("2026-01-01T00:10:00Z")
        .withMessage(message)
        .endTerminated()
        .endLastState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  @Test
  void theEndOfAContainerIsOneSightingHoweverOftenItIsShown() {
    var ends = Sightings.ends(List.of(ended(1, "CUDA out of memory")));
    assertThat(ends).hasSize(1);
    var end = ends.getFirst();
    assertThat(end.revision()).isEqualTo("abc");
    assertThat(end.time()).isEqualTo(Instant.parse("2026-01-01T00:10:00Z"));
    assertThat(end.fields())
        .containsEntry(Field.EXIT_CODE, 1)
        .containsEntry(Field.RESTARTS, 2)
        .containsEntry(Field.NODE, "gpu-1")
        .containsEntry(Field.CONTAINER, "engine");
    assertThat(Sightings.ends(List.of(ended(1, "CUDA out of memory"))).getFirst().id())
        .isEqualTo(end.id());
    assertThat(Sightings.ends(List.of(ended(0, "done")))).isEmpty();
  }

  @Test
  void theBuiltInRuleKnowsTheWordsOfAllEngines() {
    for (var words :
        List.of(
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
            "RuntimeError: CUDA error: out of memory",
            "cuMemAlloc failed: CUDA_ERROR_OUT_OF_MEMORY")) {
      var detector = new Detector(BuiltInRules.read());
      assertThat(detector.see(Sightings.ends(List.of(ended(1, words))).getFirst()))
          .as(words)
          .hasSize(1);
    }
    var detector = new Detector(BuiltInRules.read());
    assertThat(detector.see(Sightings.ends(List.of(ended(1, "disk full"))).getFirst())).isEmpty();
  }

  @Test
  void linesOfALogHaveTheirTimeLevelAndText() throws BadRule {
    var log =
        """
        2026-01-01T00:00:01.5Z 2026-01-01 00:00:01 ERROR [engine] CUDA out of memory
        2026-01-01T00:00:02Z {"level":"WARNING","message":"slow"}
        2026-01-01T00:00:03Z CRITICAL: lost the device

        2026-01-01T00:00:04Z a line without a level
        """;
    var lines = Sightings.lines(POD, "engine", log);
    assertThat(lines)
        .extracting(line -> line.text(Field.LOG_LEVEL))
        .containsExactly("ERROR", "WARN", "ERROR", "");
    assertThat(lines.getFirst().time()).isEqualTo(Instant.parse("2026-01-01T00:00:01.5Z"));
    assertThat(lines.getLast().text(Field.MESSAGE)).isEqualTo("a line without a level");
    var condition = Condition.parse("log_level='ERROR' AND message LIKE '%CUDA out of memory%'");
    assertThat(lines).filteredOn(condition::test).hasSize(1);
  }

  /** As inference-service writes it with DEEPSEEK_LOG_FORMAT=json. */
  @Test
  void aLineOfJsonHasItsLevelAndMessageHoweverFarBehind() throws BadRule {
    var log =
        """
        2026-01-01T00:00:01Z {"timestamp":"2026-01-01T00:00:01.123456789Z","sequence":4242,\
        "loggerClassName":"org.jboss.logging.Logger",\
        "loggerName":"platform.deepseek.inference.engine.SomethingWithALongName",\
        "level":"ERROR","message":"step failed: INFO is only a word here",\
        "threadName":"engine","stackTrace":"CudaException: CUDA out of memory",\
        "service":"inference-service"}
        2026-01-01T00:00:02Z {"level":"INFO","message":"ERROR is only a word here"}
        2026-01-01T00:00:03Z {"level":"ERROR", "cut o
        2026-01-01T00:00:04Z {no json} WARN
        """;
    var lines = Sightings.lines(POD, "engine", log);
    assertThat(lines)
        .extracting(line -> line.text(Field.LOG_LEVEL))
        .containsExactly("ERROR", "INFO", "ERROR", "WARN");
    assertThat(lines.get(1).text(Field.MESSAGE)).isEqualTo("ERROR is only a word here");
    var condition = Condition.parse("log_level='ERROR' AND message LIKE '%CUDA out of memory%'");
    assertThat(lines).filteredOn(condition::test).hasSize(1);
  }
}
