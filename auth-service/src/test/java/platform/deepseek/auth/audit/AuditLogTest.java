package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.auth.Await.soon;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.crypto.Digest;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.store.StoreUnavailable;

class AuditLogTest {

  @ParameterizedTest
  @EnumSource
  void severalWritersAppendWithoutWaitingForEachOther(Engine engine) {
    try (Book book = new Book(engine)) {
      List<AuditLog> logs = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        logs.add(book.another());
      }
      CompletableFuture<?>[] written =
          IntStream.range(0, 400)
              .mapToObj(i -> logs.get(i % 4).recordFirst(Book.event("o" + i)))
              .toArray(CompletableFuture[]::new);
      CompletableFuture.allOf(written).join();
      logs.forEach(AuditLog::close);
      assertThat(book.entries()).hasSize(400 + 4 + 4);
      assertThat(book.checkpoints.signNow()).isEqualTo(408);
      assertThat(book.verify()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatCannotBeWrittenIsRefusedAndTheRestWaits(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("before");
      book.tamper("ALTER TABLE audit_entry RENAME TO audit_entry_away");
      try (AuditLog hasty =
          new AuditLog(book.database, Digest.SHA_256, "r", Duration.ofMillis(200), book.clock())) {
        assertThatThrownBy(() -> hasty.recordFirst(Book.event("refused")).join())
            .isInstanceOf(CompletionException.class)
            .hasCauseInstanceOf(AuditUnavailable.class)
            .hasMessageContaining("not written within PT0.2S");
        for (int i = 0; i < AuditLog.CAPACITY + 50; i++) {
          hasty.record(Book.event("waits"));
        }
        assertThat(hasty.lost()).isPositive();
        long lost = hasty.lost();
        assertThatThrownBy(() -> hasty.recordFirst(Book.event("refused")).join())
            .hasMessageContaining("10000 events wait");
        book.tamper("ALTER TABLE audit_entry_away RENAME TO audit_entry");
        soon().untilAsserted(() -> assertThat(find(book, "audit.lose", lost)).isEqualTo(1));
      }
      book.sign();
      assertThat(book.verify()).isEmpty();
    }
  }

  private static long find(Book book, String action, long events) {
    return find(book, action).stream()
        .filter(found -> found.event().details().get("events").equals(Long.toString(events)))
        .count();
  }

  private static List<AuditPage.Found> find(Book book, String action) {
    return new AuditReader(book.database)
        .find(
            new AuditQuery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(action),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()),
            Optional.empty(),
            10)
        .events();
  }

  @ParameterizedTest
  @EnumSource
  void anIntruderInItsPartitionMakesAWriterGoOnInAnother(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a");
      StoredEntry last = book.entries().getLast();
      Entry mine = Entry.parse(last.content());
      Entry next =
          new Entry(mine.partition(), 3, mine.time(), mine.digest(), Book.event("intruder"));
      new AuditTable(book.database).append(List.of(StoredEntry.of(next, last.hash())), last.hash());
      book.write("b");
      assertThat(book.entries().stream().map(entry -> entry.columns().partition()).distinct())
          .hasSize(2);
      assertThat(book.entries().getLast().columns().object()).isNotEqualTo("a");
    }
  }

  /** As after a failover to a copy that did not have the last commits yet. */
  @ParameterizedTest
  @EnumSource
  void aChainWhoseEndIsGoneGoesOnElsewhereAndWhatFollowsIsSigned(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("kept");
      book.write("lost");
      StoredEntry lost = book.entries().getLast();
      book.tamper(
          "DELETE FROM audit_entry WHERE sequence = %d".formatted(lost.columns().sequence()));
      book.write("after");
      soon()
          .untilAsserted(
              () ->
                  assertThat(find(book, "audit.cut"))
                      .singleElement()
                      .extracting(cut -> cut.event().object())
                      .isEqualTo(lost.columns().partition() + "/" + lost.columns().sequence()));
      book.sign();
      assertThat(book.verify()).isEmpty();
      assertThat(book.entries().stream().map(entry -> entry.columns().object()))
          .contains("kept", "after")
          .doesNotContain("lost");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theDatabaseRefusesToChangeTheBook(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a");
      book.sign();
      for (String sql :
          List.of(
              "UPDATE audit_entry SET action = 'x'",
              "DELETE FROM audit_entry",
              "UPDATE audit_checkpoint SET made_at = made_at",
              "DELETE FROM audit_checkpoint")) {
        assertThatThrownBy(() -> book.database.write(session -> session.run(sql)))
            .as(sql)
            .isInstanceOf(StoreUnavailable.class)
            .hasMessageContaining("are never changed");
      }
      if (engine == Engine.POSTGRESQL) {
        for (String table : List.of("audit_entry", "audit_checkpoint")) {
          assertThatThrownBy(() -> book.database.write(session -> session.run("TRUNCATE " + table)))
              .hasMessageContaining("are never changed");
        }
      }
      assertThat(book.verify()).isEmpty();
    }
  }

  @Test
  void repeatedEventsAreCountedByTheMinute() {
    Repeats repeats = new Repeats();
    AuditEvent event = Book.event("o");
    assertThat(repeats.isFirst(event, Book.START)).isTrue();
    for (int i = 0; i < 5; i++) {
      assertThat(repeats.isFirst(event, Book.START.plusSeconds(i))).isFalse();
    }
    assertThat(repeats.due(Book.START.plusSeconds(59))).isEmpty();
    assertThat(repeats.due(Book.START.plusSeconds(60)))
        .singleElement()
        .satisfies(
            counted -> {
              assertThat(counted.details())
                  .containsEntry("repeated", "5")
                  .containsEntry("since", Book.START.toString());
              assertThat(counted.source()).isEqualTo("10.0.0.7");
            });
    assertThat(repeats.due(Book.START.plusSeconds(120))).isEmpty();
    assertThat(repeats.isFirst(event, Book.START.plusSeconds(120))).isTrue();
  }

  @Test
  void anAttackFromManyAddressesWritesBoundedRows() {
    Repeats repeats = new Repeats();
    long written = 0;
    for (int i = 0; i < 100_000; i++) {
      AuditEvent event =
          new AuditEvent(
              Actor.UNKNOWN,
              "2001:db8::" + Integer.toHexString(i),
              "request.refuse",
              "",
              Outcome.DENIED,
              "",
              Map.of());
      written += repeats.isFirst(event, Book.START) ? 1 : 0;
    }
    List<AuditEvent> counted = repeats.due(Book.START.plusSeconds(60));
    assertThat(written).isEqualTo(Repeats.MOST_KINDS);
    assertThat(counted)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.source()).isEqualTo("many");
              assertThat(one.details()).containsEntry("repeated", "99000");
            });
  }

  @Test
  void anEventHoldsNoSecretAndNothingThatCannotBeStored() {
    AuditEvent event =
        new AuditEvent(
            Actor.UNKNOWN,
            "",
            "x",
            "/v1/models?key=sk-live_Ab12Cd34_secret_crc",
            Outcome.DENIED,
            "\ud800\u0000",
            Map.of("long", "y".repeat(600)));
    assertThat(event.object()).isEqualTo("/v1/models?key=sk-***");
    assertThat(event.correlation()).isEqualTo("\ufffd\ufffd");
    assertThat(event.details().get("long")).hasSize(500).endsWith("…");
    assertThatThrownBy(() -> AuditEvent.ofService("No Action", "", Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
