package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.audit.AuditPage.Cursor;
import platform.deepseek.auth.audit.AuditPage.Found;
import platform.deepseek.auth.store.Engine;

class AuditReaderTest {

  private static final AuditQuery ALL = query(Map.of());

  @ParameterizedTest
  @EnumSource
  void pagesHoldEveryEventOnceTheYoungestFirst(Engine engine) {
    try (Book book = new Book(engine)) {
      for (int i = 0; i < 11; i++) {
        book.log.recordFirst(Book.event("o" + i)).join(); // all at the same time
      }
      book.write("later");
      AuditReader reader = new AuditReader(book.database);
      List<Found> seen = new ArrayList<>();
      Optional<Cursor> after = Optional.empty();
      do {
        AuditPage page = reader.find(ALL, after, 4);
        seen.addAll(page.events());
        after = page.next().map(next -> Cursor.parse(next.text()));
      } while (after.isPresent());
      assertThat(seen).hasSize(13).doesNotHaveDuplicates();
      assertThat(seen.stream().map(Found::sequence).toList())
          .isSortedAccordingTo((one, other) -> Long.compare(other, one));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyPartOfAQueryCounts(Engine engine) {
    try (Book book = new Book(engine)) {
      Instant before = book.now();
      book.write("keys/a", "keys/b", "tenants/c");
      book.pass(Duration.ofHours(1));
      book.write("keys/d");
      AuditReader reader = new AuditReader(book.database);
      assertThat(objects(reader, Map.of("object", "keys/*")))
          .containsExactly("keys/d", "keys/b", "keys/a");
      assertThat(objects(reader, Map.of("object", "keys/b"))).containsExactly("keys/b");
      assertThat(objects(reader, Map.of("object", "keys/%"))).isEmpty();
      assertThat(objects(reader, Map.of("actor", "u1"))).hasSize(4);
      assertThat(objects(reader, Map.of("actor", "Ab12Cd34"))).hasSize(4);
      assertThat(objects(reader, Map.of("tenant", "t2"))).isEmpty();
      assertThat(objects(reader, Map.of("action", "audit.*"))).containsExactly("");
      assertThat(objects(reader, Map.of("outcome", "succeeded"))).hasSize(5);
      assertThat(objects(reader, Map.of("source", "10.0.0.7"))).hasSize(4);
      assertThat(objects(reader, Map.of("correlation", "c-keys/b"))).containsExactly("keys/b");
      String soon = before.plusMillis(1_500).toString();
      assertThat(objects(reader, Map.of("from", soon, "action", "keys.create")))
          .containsExactly("keys/d", "tenants/c");
      assertThat(objects(reader, Map.of("to", soon, "action", "keys.create")))
          .containsExactly("keys/b", "keys/a");
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEventThatWasTamperedWithIsShownAsSuch(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a");
      book.tamper("UPDATE audit_entry SET content = 'nothing' WHERE sequence = 2");
      Found found =
          new AuditReader(book.database).find(ALL, Optional.empty(), 1).events().getFirst();
      assertThat(found.event().action()).isEqualTo("audit.tampered");
      assertThat(found.event().actor().key()).isEqualTo("Ab12Cd34");
    }
  }

  @Test
  void whatIsNoCursorIsRefused() {
    for (String text : List.of("x", "", "!", "YSBiIGM")) {
      assertThatThrownBy(() -> Cursor.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static List<String> objects(AuditReader reader, Map<String, String> query) {
    return reader.find(query(query), Optional.empty(), 100).events().stream()
        .map(found -> found.event().object())
        .toList();
  }

  private static AuditQuery query(Map<String, String> parts) {
    return new AuditQuery(
        Optional.ofNullable(parts.get("from")).map(Instant::parse),
        Optional.ofNullable(parts.get("to")).map(Instant::parse),
        Optional.ofNullable(parts.get("tenant")),
        Optional.ofNullable(parts.get("actor")),
        Optional.ofNullable(parts.get("action")),
        Optional.ofNullable(parts.get("object")),
        Optional.ofNullable(parts.get("outcome")),
        Optional.ofNullable(parts.get("source")),
        Optional.ofNullable(parts.get("correlation")));
  }
}
