package platform.deepseek.operator.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Rule;

class WatchTest {

  private static Watch watch(String window) throws BadRule {
    var resource =
        Stored.resource(
            "metadata: {name: a}\nspec:\n  model: {name: m, source: {uri: \"hf://a/b\"}}\n");
    var rules =
        """
        [{"name": "a", "condition": "log_level='ERROR'", "window": "%s", "threshold": 9,
          "actions": [{"type": "remediate"}]}]
        """;
    return new Watch(resource, Rule.parse(rules.formatted(window)));
  }

  @Test
  void ofALongWindowOnlyWhatCameSinceTheLastLookIsReadAgain() throws BadRule {
    var watch = watch("PT6H");
    var now = Instant.parse("2026-01-01T12:00:00Z");
    assertThat(watch.readFrom(now)).isEqualTo(now.minus(Duration.ofHours(6)));
    for (int look = 1; look < 5; look++) {
      var before = now;
      now = now.plusSeconds(15);
      assertThat(watch.readFrom(now))
          .isAfter(now.minus(Duration.ofMinutes(5)))
          .isBefore(before.minus(Duration.ofMinutes(1)));
    }
  }

  @Test
  void nothingOlderThanTheWindowIsRead() throws BadRule {
    var watch = watch("PT30S");
    var now = Instant.parse("2026-01-01T12:00:00Z");
    for (int look = 0; look < 3; look++) {
      assertThat(watch.readFrom(now)).isEqualTo(now.minusSeconds(30));
      now = now.plusSeconds(15);
    }
    now = now.plus(Duration.ofHours(1));
    assertThat(watch.readFrom(now)).isEqualTo(now.minusSeconds(30));
  }
}
