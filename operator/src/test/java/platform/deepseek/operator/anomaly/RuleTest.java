package platform.deepseek.operator.anomaly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Observation line(String level, String message) {
    return new Observation("line", NOW, "", Map.of(Field.LOG_LEVEL, level, Field.MESSAGE, message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "log_level='ERROR' AND message LIKE '%CUDA out of memory%' | true",
        "log_level = 'WARN' OR message LIKE 'torch%' | true",
        "NOT (log_level = 'WARN') | true",
        "log_level IN ('WARN', 'ERROR') | true",
        "log_level NOT IN ('WARN', 'ERROR') | false",
        "message ILIKE '%cuda OUT%' | true",
        "message LIKE '%cuda OUT%' | false",
        "message LIKE 'torch_OutOf%' | false",
        "exit_code > 0 | false",
        "exit_code IS NULL | true",
        "node IS NOT NULL | false",
        "log_level <> 'INFO' | true",
        "LOG_LEVEL = 'ERROR' | true"
      })
  void conditionsMeanWhatTheyMeanInSql(String condition, boolean holds) throws BadRule {
    var line = line("ERROR", "torch: CUDA out of memory. Tried to allocate 2 GiB");
    assertThat(Condition.parse(condition).test(line)).isEqualTo(holds);
  }

  @Test
  void numbersCompareAsNumbers() throws BadRule {
    var ended =
        new Observation(
            "end", NOW, "", new EnumMap<>(Map.of(Field.EXIT_CODE, 9, Field.RESTARTS, 12)));
    assertThat(Condition.parse("restarts >= 12 AND exit_code < 10").test(ended)).isTrue();
    assertThat(Condition.parse("restarts > 12").test(ended)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sleep(10) = 1",
        "message = (SELECT secret FROM keys)",
        "EXISTS (SELECT 1)",
        "message LIKE message",
        "message = log_level",
        "other.message = 'x'",
        "password = 'x'",
        "message = ?",
        "message RLIKE '(a+)+$'",
        "CASE WHEN 1=1 THEN 1 END = 1",
        "1 = 1",
        "message = 'a' || 'b'",
        "message; DROP TABLE x",
        "",
        "log_level = 'ERROR' AND"
      })
  void anythingElseIsRefusedByName(String condition) {
    assertThatThrownBy(() -> Condition.parse(condition))
        .isInstanceOf(BadRule.class)
        .message()
        .hasSizeGreaterThan(20);
  }

  @Test
  void noTextMakesAPatternSlow() throws BadRule {
    var condition = Condition.parse("message LIKE '%a%a%a%a%b'");
    assertThat(condition.test(line("INFO", "a".repeat(100_000)))).isFalse();
  }

  @Test
  void randomTextIsReadOrRefusedAndNeverAnythingElse() {
    var random = new Random(20261122);
    var words =
        List.of(
            "log_level",
            "message",
            "=",
            "LIKE",
            "'x'",
            "(",
            ")",
            "AND",
            "OR",
            "NOT",
            "IN",
            ",",
            "1",
            "%");
    for (int run = 0; run < 2000; run++) {
      var text = new StringBuilder();
      for (int word = 0; word < 1 + random.nextInt(8); word++) {
        text.append(words.get(random.nextInt(words.size()))).append(' ');
      }
      try {
        assertThat(Condition.parse(text.toString()).test(line("ERROR", "x"))).isIn(true, false);
      } catch (BadRule e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void rulesAreReadAllOrNone() throws BadRule {
    var rules =
        Rule.parse(
            """
            [{"name": "gpu-oom", "condition": "message LIKE '%CUDA out of memory%'",
              "window": "PT5M", "threshold": 3,
              "actions": [{"type": "remediate"}, {"type": "webhook", "url": "https://hooks.example.com/x"}]}]
            """);
    assertThat(rules).singleElement().extracting(rule -> rule.written().threshold()).isEqualTo(3);
    assertThatThrownBy(() -> Rule.parse("[{\"name\": \"a\", \"colour\": 1}]"))
        .isInstanceOf(BadRule.class)
        .hasMessageContaining("colour");
    assertThatThrownBy(
            () ->
                Rule.parse(
                    "[{\"name\":\"a\",\"condition\":\"pod='x'\",\"window\":\"5m\",\"threshold\":1,\"actions\":[{\"type\":\"remediate\"}]}]"))
        .hasMessage("rule a: window 5m is no ISO 8601 duration such as PT5M");
  }

  @Test
  void aThresholdIsReachedOncePerWindow() throws BadRule {
    var rules =
        Rule.parse(
            "[{\"name\":\"a\",\"condition\":\"log_level='ERROR'\",\"window\":\"PT10S\",\"threshold\":3,\"actions\":[{\"type\":\"remediate\"}]}]");
    var detector = new Detector(rules);
    var found = 0;
    for (int second = 0; second < 30; second += 6) {
      found += detector.see(at(second)).size();
    }
    assertThat(found).as("two in any ten seconds").isZero();
    for (int second = 100; second < 106; second++) {
      found += detector.see(at(second)).size();
    }
    assertThat(found).isEqualTo(1);
  }

  @Test
  void theSameThingSeenAgainCountsOnce() throws BadRule {
    var detector =
        new Detector(
            Rule.parse(
                "[{\"name\":\"a\",\"condition\":\"log_level='ERROR'\",\"window\":\"PT10S\",\"threshold\":2,\"actions\":[{\"type\":\"remediate\"}]}]"));
    for (int look = 0; look < 10; look++) {
      assertThat(detector.see(at(1))).isEmpty();
    }
    assertThat(detector.see(at(2))).hasSize(1);
  }

  @Test
  void aBusyLogThatIsReadAgainDoesNotMakeManyOfOne() throws BadRule {
    var detector =
        new Detector(
            Rule.parse(
                "[{\"name\":\"a\",\"condition\":\"log_level='ERROR'\",\"window\":\"PT1H\",\"threshold\":2,\"actions\":[{\"type\":\"remediate\"}]}]"));
    for (int look = 0; look < 10; look++) {
      assertThat(detector.see(at(1))).isEmpty();
      for (int line = 0; line < 5_000; line++) {
        var info = Map.<Field, Object>of(Field.LOG_LEVEL, "INFO");
        detector.see(new Observation("line " + line, at(1).time(), "", info));
      }
    }
  }

  @Test
  void whatWasAnsweredBeforeARestartIsNotAnsweredAgain() throws BadRule {
    var detector =
        new Detector(
            Rule.parse(
                "[{\"name\":\"a\",\"condition\":\"log_level='ERROR'\",\"window\":\"PT10S\",\"threshold\":1,\"actions\":[{\"type\":\"remediate\"}]}]"));
    detector.answered("a", NOW.plusSeconds(5));
    assertThat(detector.see(at(5))).isEmpty();
    assertThat(detector.see(at(15))).hasSize(1);
  }

  private static Observation at(int second) {
    return new Observation(
        "line " + second, NOW.plusSeconds(second), "", Map.of(Field.LOG_LEVEL, "ERROR"));
  }
}
