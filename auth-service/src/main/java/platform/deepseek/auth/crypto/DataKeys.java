package platform.deepseek.auth.crypto;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Times;

/**
 * The table of wrapped data keys. Unwrapped ones are kept for a few seconds only, so that a ring
 * shredded by one replica is lost for all of them within that time. Two replicas that find a key
 * too old at once make one each; both open, and the younger is used from then on.
 */
final class DataKeys {

  static final Duration KEPT = Duration.ofSeconds(10);

  /** Clocks of replicas differ by less. */
  private static final Duration GRACE = Duration.ofDays(1);

  private record Kept(DataKey key, Instant readAt) {}

  private final Database database;
  private final MasterKey master;
  private final SealingCipher cipher;
  private final Duration rotation;
  private final InstantSource clock;
  private volatile BiConsumer<String, UUID> listener = (ring, id) -> {};
  private final Map<String, Kept> newest = new ConcurrentHashMap<>();
  private final Map<UUID, Kept> known = new ConcurrentHashMap<>();

  DataKeys(
      Database database,
      MasterKey master,
      SealingCipher cipher,
      Duration rotation,
      InstantSource clock) {
    this.database = database;
    this.master = master;
    this.cipher = cipher;
    this.rotation = rotation;
    this.clock = clock;
  }

  /** The key to seal with: of this profile's cipher, and younger than the rotation allows. */
  DataKey current(String ring) {
    Instant now = clock.instant();
    Kept kept = newest.get(ring);
    if (kept != null && isFresh(kept, now) && isYoung(kept.key(), now)) {
      return kept.key();
    }
    DataKey key =
        newestStored(ring).filter(found -> isYoung(found, now)).orElseGet(() -> create(ring, now));
    newest.put(ring, new Kept(key, now));
    return key;
  }

  /** Nothing when it was shredded or never was. */
  Optional<DataKey> find(UUID id) {
    Instant now = clock.instant();
    Kept kept = known.get(id);
    if (kept != null && isFresh(kept, now)) {
      return Optional.of(kept.key());
    }
    known.values().removeIf(old -> !isFresh(old, now));
    Optional<DataKey> found =
        database.read(
            session ->
                session.first(this::read, "SELECT * FROM data_key WHERE id = ?", id.toString()));
    found.ifPresent(key -> known.put(id, new Kept(key, now)));
    return found;
  }

  /**
   * @param listener told the ring and the id of every key that is made
   */
  void listen(BiConsumer<String, UUID> listener) {
    this.listener = listener;
  }

  /** Whether the master key is the one that the newest key was wrapped with. */
  boolean areOurs() {
    try {
      database.read(
          session ->
              session.first(
                  this::read, "SELECT * FROM data_key ORDER BY created_at DESC, id LIMIT 1"));
      return true;
    } catch (CannotOpen e) {
      return false;
    }
  }

  /** Makes the ring's next key now. */
  void rotate(String ring) {
    Instant now = clock.instant();
    newest.put(ring, new Kept(create(ring, now), now));
  }

  int shred(String ring) {
    int keys = database.write(session -> session.run("DELETE FROM data_key WHERE ring = ?", ring));
    newest.remove(ring);
    known.values().removeIf(kept -> kept.key().ring().equals(ring));
    return keys;
  }

  /** Those that nobody seals with any more, since a day, unless something is sealed with them. */
  int forget(String ring, Set<UUID> used) {
    Instant before = clock.instant().minus(rotation).minus(GRACE);
    List<String> old =
        database.read(
            session ->
                session.list(
                    row -> row.text("id"),
                    "SELECT id FROM data_key WHERE ring = ? AND created_at < ?",
                    ring,
                    before));
    int deleted = 0;
    for (String id : old) {
      if (!used.contains(UUID.fromString(id))) {
        deleted += database.write(session -> session.run("DELETE FROM data_key WHERE id = ?", id));
        known.remove(UUID.fromString(id));
      }
    }
    return deleted;
  }

  private boolean isYoung(DataKey key, Instant now) {
    return key.createdAt().plus(rotation).isAfter(now);
  }

  private static boolean isFresh(Kept kept, Instant now) {
    return kept.readAt().plus(KEPT).isAfter(now);
  }

  private Optional<DataKey> newestStored(String ring) {
    return database.read(
        session ->
            session.first(
                this::read,
                "SELECT * FROM data_key WHERE ring = ? AND cipher = ?"
                    + " ORDER BY created_at DESC, id LIMIT 1",
                ring,
                cipher.name()));
  }

  private DataKey create(String ring, Instant now) {
    byte[] secret = new byte[cipher.keyBytes()];
    new SecureRandom().nextBytes(secret);
    DataKey key = new DataKey(UUID.randomUUID(), ring, cipher, secret, Times.stored(now));
    byte[] wrapped = master.wrap(cipher, secret, purpose(key.id().toString(), ring));
    database.write(
        session ->
            session.run(
                "INSERT INTO data_key (id, ring, cipher, wrapped, created_at)"
                    + " VALUES (?, ?, ?, ?, ?)",
                key.id().toString(),
                ring,
                cipher.name(),
                wrapped,
                key.createdAt()));
    listener.accept(ring, key.id());
    return key;
  }

  private DataKey read(Row row) throws SQLException {
    String id = row.text("id");
    String ring = row.text("ring");
    SealingCipher its = SealingCipher.valueOf(row.text("cipher"));
    byte[] secret = master.unwrap(its, row.bytes("wrapped"), purpose(id, ring));
    return new DataKey(UUID.fromString(id), ring, its, secret, row.time("created_at"));
  }

  /** A wrapped key that was moved to another row or ring opens nothing there. */
  private static byte[] purpose(String id, String ring) {
    return ("deepseek-data-key/v1/" + id + "/" + ring).getBytes(StandardCharsets.UTF_8);
  }
}
