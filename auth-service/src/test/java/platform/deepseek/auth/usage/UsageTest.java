package platform.deepseek.auth.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.store.StoreUnavailable;

class UsageTest {

  private static final LocalDate DAY = LocalDate.parse("2026-11-22");
  private static final Price PRICE = new Price(2_000_000, 500_000, 8_000_000);

  @ParameterizedTest
  @CsvSource({
    "COMPLETED, 1000, 0, 500, 1500, 6000",
    "COMPLETED, 1000, 400, 500, 1500, 5400",
    "CANCELLED, 1000, 0, 1, 1001, 2008",
    "CANCELLED, 0, 0, 0, 0, 0",
    "FAILED, 1000, 0, 500, 0, 0",
    "CACHE_HIT, 1000, 1000, 500, 0, 500",
    "COMPLETED, 1, 1, 0, 1, 1"
  })
  void whatIsChargedFollowsTheOutcome(
      Outcome outcome, long prompt, long cached, long completion, long tokens, long money) {
    assertThat(PRICE.charge(new Consumption(prompt, cached, completion), outcome))
        .isEqualTo(new Charge(tokens, money));
  }

  @Test
  void roundingIsUpAndLessThanAMillionthForARequest() {
    Random random = new Random(11);
    for (int i = 0; i < 10_000; i++) {
      long prompt = random.nextLong(Price.LARGEST);
      Price price =
          new Price(prompt, random.nextLong(prompt + 1), random.nextLong(Price.LARGEST + 1));
      long tokens = random.nextLong(1_000_000);
      Consumption used =
          new Consumption(tokens, random.nextLong(tokens + 1), random.nextLong(1_000_000));
      BigInteger exact =
          product(tokens - used.cachedTokens(), price.prompt())
              .add(product(used.cachedTokens(), price.cached()))
              .add(product(used.completionTokens(), price.completion()));
      long money = price.charge(used, Outcome.COMPLETED).money();
      assertThat(product(money, 1_000_000).subtract(exact).longValueExact())
          .isBetween(0L, 999_999L);
    }
  }

  private static BigInteger product(long one, long other) {
    return BigInteger.valueOf(one).multiply(BigInteger.valueOf(other));
  }

  @Test
  void impossibleNumbersAreRefused() {
    assertThatThrownBy(() -> new Consumption(1, 2, 0)).hasMessageContaining("2 of them cached");
    assertThatThrownBy(() -> new Consumption(-1, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Price(1, 2, 3)).hasMessageContaining("2 is more than 1");
    assertThatThrownBy(() -> new Price(1, 1, Price.LARGEST + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource
  void manyWritersAddUpExactly(Engine engine) throws Exception {
    try (Database database = Database.open(engine.fresh());
        var pool = Executors.newFixedThreadPool(4)) {
      UsageTable table = new UsageTable(database);
      Callable<Void> replica =
          () -> {
            UsageBook book = new UsageBook(table);
            for (int i = 0; i < 50; i++) {
              for (String key : new String[] {"key1", "key2"}) {
                book.add(
                    DAY,
                    new Account("acme", "ann", key),
                    "r1",
                    new Consumption(10, 4, 5),
                    new Charge(15, 3));
              }
              if (i % 10 == 9) {
                book.flush();
              }
            }
            return null;
          };
      for (var done : pool.invokeAll(IntStream.range(0, 4).mapToObj(i -> replica).toList())) {
        done.get();
      }
      assertThat(lines(table, "acme"))
          .hasSize(2)
          .allSatisfy(
              row ->
                  assertThat(row.totals())
                      .isEqualTo(new UsageRow.Totals(200, 2_000, 800, 1_000, 3_000, 600)));
      assertThat(table.charged(new Holder.Everybody(), DAY, DAY))
          .isEqualTo(new Charge(6_000, 1_200));
      assertThat(table.charged(new Holder.Tenant("acme"), DAY, DAY).tokens()).isEqualTo(6_000);
      assertThat(table.charged(new Holder.User("ann"), DAY, DAY).tokens()).isEqualTo(6_000);
      assertThat(table.charged(new Holder.Key("key1"), DAY, DAY).tokens()).isEqualTo(3_000);
      assertThat(table.charged(new Holder.Key("key1"), DAY.plusDays(1), DAY.plusDays(2)))
          .isEqualTo(Charge.NOTHING);
      assertThat(lines(table, "other")).isEmpty();
    }
  }

  /** The answer to a commit may get lost, and nobody knows then whether there was one. */
  @ParameterizedTest
  @EnumSource
  void whatIsToldAgainIsAddedOnce(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      UsageTable table = new UsageTable(database);
      UsageRow row =
          new UsageRow(
              DAY,
              new Account("acme", "", "key"),
              "r1",
              UsageRow.Totals.of(new Consumption(10, 0, 5), new Charge(15, 3)));
      for (int time = 0; time < 3; time++) {
        table.add(new UsageTable.Batch("one", 1, List.of(row)));
      }
      assertThat(table.charged(new Holder.Key("key"), DAY, DAY)).isEqualTo(new Charge(15, 3));
      table.add(new UsageTable.Batch("one", 2, List.of(row)));
      table.add(new UsageTable.Batch("two", 1, List.of(row)));
      table.add(new UsageTable.Batch("one", 2, List.of(row)));
      assertThat(table.charged(new Holder.Key("key"), DAY, DAY)).isEqualTo(new Charge(45, 9));
    }
  }

  private static List<UsageReport.Line> lines(UsageTable table, String tenant) {
    return table.lines(
        new UsageReport(DAY, DAY, Map.of(Dimension.TENANT, tenant), List.of(Dimension.values())),
        List.of(),
        100);
  }

  @ParameterizedTest
  @EnumSource
  void aReportIsAddedUpByWhatIsAskedForAPageAtATime(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      UsageTable table = new UsageTable(database);
      UsageBook book = new UsageBook(table);
      for (int day = 0; day < 3; day++) {
        for (String key : List.of("key1", "key2")) {
          for (String model : List.of("r1", "v3")) {
            book.add(
                DAY.plusDays(day),
                new Account("acme", "", key),
                model,
                new Consumption(10, 4, 5),
                new Charge(15, 3));
          }
        }
      }
      book.flush();
      UsageReport report =
          new UsageReport(
              DAY,
              DAY.plusDays(1),
              Map.of(Dimension.KEY, "key1"),
              List.of(Dimension.DAY, Dimension.MODEL));
      List<UsageReport.Line> first = table.lines(report, List.of(), 3);
      assertThat(first).hasSize(3);
      List<UsageReport.Line> rest =
          table.lines(report, List.copyOf(first.getLast().subject().values()), 3);
      assertThat(rest)
          .containsExactly(
              new UsageReport.Line(
                  Map.of(Dimension.DAY, DAY.plusDays(1).toString(), Dimension.MODEL, "v3"),
                  new UsageRow.Totals(1, 10, 4, 5, 15, 3)));
      assertThat(
              table.lines(
                  new UsageReport(DAY, DAY.plusDays(2), Map.of(), List.of(Dimension.TENANT)),
                  List.of(),
                  10))
          .containsExactly(
              new UsageReport.Line(
                  Map.of(Dimension.TENANT, "acme"), new UsageRow.Totals(12, 120, 48, 60, 180, 36)));
    }
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenLater() {
    Database database = Database.open(Engine.H2.fresh());
    UsageTable table = new UsageTable(database);
    UsageBook book = new UsageBook(table);
    database.write(session -> session.run("ALTER TABLE usage_total RENAME TO away"));
    book.add(DAY, new Account("t", "", "k"), "m", new Consumption(1, 0, 1), new Charge(2, 0));
    assertThatThrownBy(book::flush).isInstanceOf(StoreUnavailable.class);
    book.add(DAY, new Account("t", "", "k"), "m", new Consumption(1, 0, 1), new Charge(2, 0));
    database.write(session -> session.run("ALTER TABLE away RENAME TO usage_total"));
    book.flush();
    assertThat(table.charged(new Holder.Key("k"), DAY, DAY).tokens()).isEqualTo(4);
    database.close();
  }
}
