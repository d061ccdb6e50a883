package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;

class LimitTableTest {

  @ParameterizedTest
  @EnumSource
  void limitsAreKeptByLevelAndSubject(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      LimitTable table = new LimitTable(database);
      Limits limits = Limits.NONE;
      for (Measure measure : Measure.values()) {
        limits = limits.with(measure, 10 + measure.ordinal());
      }
      table.set(Level.TENANT, "a", limits);
      table.set(Level.KEY, "a", Limits.of(Measure.TOKENS_PER_DAY, 0));
      assertThat(table.get(Level.TENANT, "a")).isEqualTo(limits);
      assertThat(table.get(Level.KEY, "a").get(Measure.TOKENS_PER_DAY)).hasValue(0);
      assertThat(table.get(Level.KEY, "a").get(Measure.TOKENS_PER_MONTH)).isEmpty();
      assertThat(table.get(Level.USER, "a")).isEqualTo(Limits.NONE);
      table.set(Level.TENANT, "a", Limits.NONE);
      assertThat(table.all())
          .containsExactly(new Bound(Level.KEY, "a", Limits.of(Measure.TOKENS_PER_DAY, 0)));
    }
  }

  @Test
  void whatSomebodySetGoesBeforeWhatHoldsForAll() {
    Limits own = Limits.of(Measure.REQUESTS_PER_SECOND, 3);
    Limits common =
        Limits.of(Measure.REQUESTS_PER_SECOND, 500).with(Measure.CONCURRENT_REQUESTS, 9);
    assertThat(own.orElse(common).get(Measure.REQUESTS_PER_SECOND)).hasValue(3);
    assertThat(own.orElse(common).get(Measure.CONCURRENT_REQUESTS)).hasValue(9);
  }

  @Test
  void aLimitIsANumberThatCountersHoldExactly() {
    assertThatThrownBy(() -> Limits.of(Measure.TOKENS_PER_DAY, -1))
        .hasMessageContaining("tokensPerDay is from 0 to");
    assertThatThrownBy(() -> Limits.of(Measure.TOKENS_PER_DAY, Measure.LARGEST + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
