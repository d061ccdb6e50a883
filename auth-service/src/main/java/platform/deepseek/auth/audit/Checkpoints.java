package platform.deepseek.auth.audit;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.SigningKey;
import platform.deepseek.auth.crypto.SigningKeys;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/**
 * Signs what was written since the last checkpoint. Every replica tries; the number is the row's
 * key, so one of them succeeds and no lock is needed. Chains are computed again before they are
 * signed: a partition in which one is broken is left out, and said to be.
 */
public final class Checkpoints {

  private static final int MOST_PARTITIONS = 1_000;
  private static final int MOST_ENTRIES = 50_000;
  private static final Logger LOG = Logger.getLogger(Checkpoints.class);

  /**
   * How and how often.
   *
   * @param interval between two checkpoints
   * @param rotation after which another key signs
   * @param witness file that checkpoints are appended to
   */
  public record Settings(
      CryptoProfile profile, Duration interval, Duration rotation, Optional<Path> witness) {}

  private final Database database;
  private final CheckpointKeys keys;
  private final Audit audit;
  private final Settings settings;
  private final Witness witness;
  private final InstantSource clock;
  private final Set<String> broken = ConcurrentHashMap.newKeySet();

  public Checkpoints(
      Database database, SigningKeys keys, Audit audit, Settings settings, InstantSource clock) {
    this.database = database;
    this.keys = new CheckpointKeys(keys, settings.profile(), settings.rotation());
    this.audit = audit;
    this.settings = settings;
    this.witness = new Witness(settings.witness());
    this.clock = clock;
  }

  /** Signs if it is time and there is something new. */
  public void tick() {
    Instant now = Times.stored(clock.instant());
    Optional<Checkpoint> last = last();
    if (last.isEmpty() || !last.get().time().plus(settings.interval()).isAfter(now)) {
      sign(last, now, OptionalLong.empty());
    }
  }

  /**
   * Signs what is new, whenever the last time was.
   *
   * @return how many entries were covered
   */
  public long signNow() {
    return sign(last(), Times.stored(clock.instant()), OptionalLong.empty())
        .map(Checkpoint::size)
        .orElse(0L);
  }

  /**
   * Deletes entries that are covered by checkpoints made before a time, and signs that they were
   * deleted, in one transaction. The checkpoints stay, so nothing else can be passed off as
   * forgotten.
   *
   * @return whether there was something to forget
   */
  public boolean forget(Instant before) {
    Optional<Checkpoint> last = last();
    long through =
        database.read(
            session ->
                session
                    .first(
                        row -> row.number("number"),
                        "SELECT COALESCE(MAX(number), 0) AS number FROM audit_checkpoint"
                            + " WHERE made_at < ?",
                        before)
                    .orElse(0L));
    long already = database.read(Forgetting::already);
    return through > already
        && sign(last, Times.stored(clock.instant()), OptionalLong.of(through)).isPresent();
  }

  private Optional<Checkpoint> last() {
    return database.read(AuditTable::lastCheckpoint).map(StoredCheckpoint::checkpoint);
  }

  /** Nothing when nothing is new, or another replica was faster. */
  private Optional<Checkpoint> sign(
      Optional<Checkpoint> last, Instant now, OptionalLong forgotten) {
    List<Checkpoint.Range> ranges = new ArrayList<>();
    List<byte[]> leaves = new ArrayList<>();
    database.read(
        session -> {
          collect(session, ranges, leaves);
          return null;
        });
    if (ranges.isEmpty() && forgotten.isEmpty()) {
      return Optional.empty();
    }
    CheckpointKeys.Turn turn = keys.turn(last, now);
    Checkpoint checkpoint =
        new Checkpoint(
            last.map(Checkpoint::number).orElse(0L) + 1,
            last.map(Checkpoint::time).filter(time -> time.isAfter(now)).orElse(now),
            settings.profile().digest(),
            last.map(Checkpoint::hash)
                .orElseGet(() -> Checkpoint.nothing(settings.profile().digest())),
            MerkleTree.root(settings.profile().digest(), leaves),
            turn.key().publicJwk(),
            turn.next().map(SigningKey::publicJwk),
            forgotten,
            ranges);
    StoredCheckpoint stored = StoredCheckpoint.sign(checkpoint, turn.key());
    try {
      database.write(session -> store(session, checkpoint, stored));
    } catch (Conflict e) {
      LOG.debugf("checkpoint %d was signed by another replica", checkpoint.number());
      return Optional.empty();
    }
    witness.tell(stored);
    turn.next()
        .ifPresent(
            next ->
                audit.record(
                    AuditEvent.ofService("audit.rotate-key", "key/" + next.kid(), Map.of())));
    forgotten.ifPresent(
        through ->
            audit.record(AuditEvent.ofService("audit.forget", "checkpoint/" + through, Map.of())));
    return Optional.of(checkpoint);
  }

  /** Whatever no checkpoint covers yet, as far as its chains hold. */
  private void collect(Session session, List<Checkpoint.Range> ranges, List<byte[]> leaves)
      throws SQLException {
    record Covered(String partition, long to, Optional<byte[]> head) {}
    List<Covered> partitions =
        session.list(
            row ->
                new Covered(
                    row.text("id"), row.number("covered"), Optional.ofNullable(row.bytes("head"))),
            "SELECT id, covered, head FROM audit_partition p WHERE EXISTS (SELECT 1 FROM"
                + " audit_entry e WHERE e.partition_id = p.id AND e.sequence > p.covered)"
                + " ORDER BY id LIMIT ?",
            MOST_PARTITIONS);
    for (Covered partition : partitions) {
      long from = partition.to() + 1;
      ChainCheck check = new ChainCheck(partition.partition(), from, partition.head());
      List<StoredEntry> sound =
          check.sound(
              AuditTable.entries(
                  session,
                  partition.partition(),
                  from,
                  Long.MAX_VALUE,
                  MOST_ENTRIES - leaves.size()));
      if (check.brokenAt().isPresent() && broken.add(partition.partition())) {
        tellBroken(partition.partition(), check.brokenAt().getAsLong());
      }
      if (!sound.isEmpty()) {
        StoredEntry end = sound.getLast();
        ranges.add(
            new Checkpoint.Range(
                partition.partition(), from, end.columns().sequence(), end.hash()));
        sound.forEach(entry -> leaves.add(entry.hash()));
      }
      if (leaves.size() >= MOST_ENTRIES) {
        return;
      }
    }
  }

  private void tellBroken(String partition, long sequence) {
    LOG.errorf(
        "the audit was tampered with: entry %d of %s does not follow from the one before it;"
            + " nothing from there on is signed",
        sequence, partition);
    audit.record(
        new AuditEvent(
            Actor.SERVICE,
            "",
            "audit.tampered",
            partition + "/" + sequence,
            Outcome.FAILED,
            "",
            Map.of()));
  }

  private static Checkpoint store(Session session, Checkpoint checkpoint, StoredCheckpoint stored)
      throws SQLException {
    long already = Forgetting.already(session);
    session.run(
        "INSERT INTO audit_checkpoint (number, made_at, forgotten, content, signature)"
            + " VALUES (?, ?, ?, ?, ?)",
        checkpoint.number(),
        checkpoint.time(),
        checkpoint.forgotten(),
        stored.content(),
        stored.signature());
    for (Checkpoint.Range range : checkpoint.ranges()) {
      session.run(
          "UPDATE audit_partition SET covered = ?, head = ? WHERE id = ?",
          range.to(),
          range.head(),
          range.partition());
    }
    if (checkpoint.forgotten().isPresent()) {
      Forgetting.run(session, already, checkpoint.forgotten().getAsLong());
    }
    return checkpoint;
  }
}
