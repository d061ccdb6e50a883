package platform.deepseek.auth.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DatabaseTest {

  private static final String TENANT =
      "INSERT INTO tenant (id, name, cache_salt, priority, created_at) VALUES (?, ?, 's', 0, ?)";

  @ParameterizedTest
  @EnumSource
  void everyChangeHasItsNumberAndReadingHasNone(Engine engine) throws Exception {
    try (Database database = Database.open(engine.fresh());
        var pool = Executors.newFixedThreadPool(4)) {
      long before = database.revision().number();
      List<Callable<Long>> changes = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        changes.add(
            () ->
                database.change(
                    session ->
                        session
                            .first(row -> row.number("number"), "SELECT number FROM revision")
                            .orElseThrow()));
      }
      List<Long> numbers = new ArrayList<>();
      for (Future<Long> future : pool.invokeAll(changes)) {
        numbers.add(future.get());
      }
      assertThat(numbers).doesNotHaveDuplicates().hasSize(40);
      assertThat(database.revision().number()).isEqualTo(before + 40);
      database.write(session -> null);
      assertThat(database.revision().number()).isEqualTo(before + 40);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailedChangeLeavesNothing(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      long before = database.revision().number();
      assertThatThrownBy(
              () ->
                  database.change(
                      session -> {
                        session.run(TENANT, "1", "a", Instant.EPOCH);
                        return session.run(TENANT, "1", "b", Instant.EPOCH);
                      }))
          .isInstanceOf(Conflict.class);
      assertThat(database.revision().number()).isEqualTo(before);
      List<String> ids =
          database.read(session -> session.list(row -> row.text("id"), "SELECT id FROM tenant"));
      assertThat(ids).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFaultySentenceIsAFaultOfTheStore(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      assertThatThrownBy(() -> database.read(session -> session.run("SELEKT")))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageStartingWith("the database failed: ");
    }
  }

  /** Strangers may send such values; connections of others are not to go for it. */
  @Test
  void aTextThatCannotBeKeptIsNoFailureOfTheStore() {
    try (Database database = Database.open(Engine.POSTGRESQL.fresh())) {
      long before = database.read(DatabaseTest::connection);
      assertThatThrownBy(
              () ->
                  database.read(
                      session ->
                          session.first(
                              row -> row.text("id"), "SELECT id FROM tenant WHERE id = ?", "\0")))
          .isInstanceOf(Unstorable.class);
      assertThat(database.<Long>read(DatabaseTest::connection)).isEqualTo(before);
    }
  }

  private static long connection(Session session) throws SQLException {
    return session.first(row -> row.number("pid"), "SELECT pg_backend_pid() AS pid").orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void aDatabaseBelongsToOnePepper(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      assertThat(database.tie(new byte[] {1, 2, 3})).isTrue();
      assertThat(database.tie(new byte[] {1, 2, 3})).isTrue();
      assertThat(database.tie(new byte[] {1, 2, 4})).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theSchemaIsMadeOnceAndFoundAgain(Engine engine) {
    DatabaseAddress address = engine.empty();
    try (Database database = Database.open(address)) {
      database.change(session -> session.run(TENANT, "1", "a", Instant.EPOCH));
    }
    try (Database database = Database.open(address)) {
      assertThat(database.revision().number()).isEqualTo(2);
    }
  }

  @Test
  void anH2FileKeepsWhatWasWritten(@TempDir Path folder) {
    DatabaseAddress address = DatabaseAddress.inFolder(folder, 2);
    Instant time = Instant.parse("2026-11-22T09:10:11.123456Z");
    try (Database database = Database.open(address)) {
      database.change(session -> session.run(TENANT, "1", "a", time));
    }
    try (Database database = Database.open(address)) {
      Optional<Instant> read =
          database.read(
              session ->
                  session.first(
                      row -> row.time("created_at"), "SELECT * FROM tenant WHERE id='1'"));
      assertThat(read).contains(time);
    }
  }

  @Test
  void anyOtherDatabaseIsRefusedByName() {
    assertThatThrownBy(
            () ->
                new DatabaseAddress(
                    "jdbc:mysql://db/auth", Optional.empty(), Optional.empty(), 1, 0))
        .hasMessageContaining("'jdbc:mysql://db/auth'")
        .hasMessageContaining("jdbc:postgresql:");
  }
}
