package platform.deepseek.inference.engine.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TransferRatesTest {

  private final TransferRates rates = new TransferRates();

  @Test
  void whatIsNotKnownIsTried() {
    assertThat(rates.isWorthFetching(64, 1 << 20)).isTrue();
    rates.computed(512, Duration.ofMillis(1));
    assertThat(rates.isWorthFetching(64, 1L << 40)).isTrue();
  }

  @Test
  void theFasterWayIsTaken() {
    rates.computed(256, Duration.ofMillis(256)); // a token each millisecond
    rates.fetched(100_000_000, Duration.ofSeconds(1));

    assertThat(rates.isWorthFetching(1_000, 90_000_000)).isTrue();
    assertThat(rates.isWorthFetching(1_000, 110_000_000)).isFalse();
  }

  @Test
  void theQuestionCostsTimeToo() {
    rates.computed(256, Duration.ofMillis(256));
    rates.fetched(100_000_000, Duration.ofSeconds(1));
    rates.asked(Duration.ofMillis(50));

    assertThat(rates.isWorthFetching(64, 3_000_000)).isFalse();
    assertThat(rates.isWorthFetching(640, 30_000_000)).isTrue();
  }

  @Test
  void oneBadTransferIsForgiven() {
    rates.computed(256, Duration.ofMillis(256));
    rates.fetched(1_000_000, Duration.ofSeconds(1));
    int refused = 0;
    while (!rates.isWorthFetching(64, 3_000_000)) {
      refused++;
    }

    assertThat(refused).isBetween(50, 100);
  }

  @Test
  void shortStepsSayNothing() {
    rates.computed(16, Duration.ofSeconds(10));
    assertThat(rates.computing(64)).isEmpty();
    rates.computed(32, Duration.ofMillis(32));
    assertThat(rates.computing(64)).contains(Duration.ofMillis(64));
  }

  @Test
  void newMeasurementsMoveTheAverage() {
    rates.computed(100, Duration.ofMillis(100));
    for (int i = 0; i < 20; i++) {
      rates.computed(100, Duration.ofMillis(200));
    }

    assertThat(rates.computing(100).orElseThrow())
        .isBetween(Duration.ofMillis(198), Duration.ofMillis(200));
  }
}
