package platform.deepseek.auth.audit;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.crypto.SigningKeys;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;

/** An audit on a real database, with a clock of its own. */
final class Book implements AutoCloseable {

  static final Instant START = Instant.parse("2026-11-22T09:00:00.000001789Z");
  private static final Duration WEEK = Duration.ofDays(7);

  private final Engine engine;
  final Database database;
  final AuditLog log;
  final Checkpoints checkpoints;
  private final CryptoProfile profile;
  private final Optional<Path> witness;
  private Instant now = START;

  Book(Engine engine) {
    this(engine, CryptoProfile.STANDARD, Optional.empty());
  }

  Book(Engine engine, CryptoProfile profile, Optional<Path> witness) {
    this(engine, engine.fresh(), profile, witness);
  }

  Book(Engine engine, DatabaseAddress address, CryptoProfile profile, Optional<Path> witness) {
    this.engine = engine;
    this.database = Database.open(address);
    this.profile = profile;
    this.witness = witness;
    this.log = another();
    this.checkpoints = signer();
  }

  InstantSource clock() {
    return () -> now;
  }

  Instant now() {
    return now;
  }

  void pass(Duration duration) {
    now = now.plus(duration);
  }

  /** A second replica's writer on the same database. */
  AuditLog another() {
    return new AuditLog(database, profile.digest(), "replica", Duration.ofMinutes(2), this::now);
  }

  /** A second replica's signer on the same database. */
  Checkpoints signer() {
    KeyRings rings =
        new KeyRings(database, MasterKey.of("5a".repeat(32)), profile, WEEK, this::now);
    return new Checkpoints(
        database,
        new SigningKeys(database, rings, this::now),
        log,
        new Checkpoints.Settings(profile, Duration.ofMinutes(1), WEEK, witness),
        this::now);
  }

  /** Written when this returns. */
  void write(String... objects) {
    for (String object : objects) {
      log.recordFirst(event(object)).join();
      pass(Duration.ofSeconds(1));
    }
  }

  static AuditEvent event(String object) {
    return new AuditEvent(
        new Actor("t1", "u1", "Ab12Cd34", "admin"),
        "10.0.0.7",
        "keys.create",
        object,
        Outcome.SUCCEEDED,
        "c-" + object,
        Map.of("note", "größer than \"usual\"\n"));
  }

  /** Signs, and returns the checkpoint as a witness keeps it. */
  StoredCheckpoint sign() {
    checkpoints.signNow();
    return stored().getLast();
  }

  List<StoredCheckpoint> stored() {
    List<StoredCheckpoint> all = new ArrayList<>();
    new DatabaseEvidence(database).checkpoints(all::add);
    return all;
  }

  /** The rows of all partitions. */
  List<StoredEntry> entries() {
    List<StoredEntry> all = new ArrayList<>();
    DatabaseEvidence evidence = new DatabaseEvidence(database);
    for (String partition : evidence.partitions()) {
      all.addAll(evidence.entries(partition, 0, Long.MAX_VALUE, Integer.MAX_VALUE));
    }
    return all;
  }

  List<String> export() {
    List<String> lines = new ArrayList<>();
    Export.write(new DatabaseEvidence(database), lines::add);
    return lines;
  }

  List<Finding> verify(StoredCheckpoint... remembered) {
    return verify(new DatabaseEvidence(database), remembered);
  }

  List<Finding> verify(Evidence evidence, StoredCheckpoint... remembered) {
    return new Verification(evidence, List.of(), List.of(remembered), now).run();
  }

  /** What only somebody with the database itself can do. */
  void tamper(String sql, Object... arguments) {
    for (String table : List.of("audit_entry", "audit_checkpoint")) {
      String trigger =
          switch (engine) {
            case H2 -> table + "_stays";
            case POSTGRESQL -> table + "_stays ON " + table;
          };
      database.write(session -> session.run("DROP TRIGGER IF EXISTS " + trigger));
    }
    database.write(session -> session.run(sql, arguments));
  }

  @Override
  public void close() {
    log.close();
    database.close();
  }
}
