package platform.deepseek.auth.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import platform.deepseek.auth.audit.Finding.Kind;
import platform.deepseek.auth.crypto.Verifier;

/**
 * Goes through the whole book and names whatever was done to it.
 *
 * <p>Three things hold each other. Entries are chained, so one that was changed, left out, put in
 * or moved does not fit its neighbours. Whoever computes the chain anew from there on meets the
 * checkpoints, whose roots were signed over the hashes as they were. Whoever cuts checkpoints off
 * as well, or holds the signing key and signs another past, meets those that a witness remembers.
 * Without a witness the end of the book, checkpoints and all, can be cut off unseen; and the
 * entries after the last checkpoint, a minute's, are held by their chain alone.
 */
final class Verification {

  private static final int PAGE = 1_000;
  private static final long MAX = Long.MAX_VALUE;

  /** Entries that are older than this are signed, unless something is wrong. */
  static final Duration SIGNED_WITHIN = Duration.ofMinutes(5);

  private final Evidence evidence;
  private final Set<String> trusted = new HashSet<>();
  private final boolean trustsFirst;
  private final Map<Long, StoredCheckpoint> remembered = new TreeMap<>();
  private final Instant now;
  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, PartitionCheck> partitions = new HashMap<>();
  private Optional<Checkpoint> last = Optional.empty();
  private long forgotten;
  private long entries;
  private long checkpoints;

  /**
   * @param trusted public JWKs; with none, the first checkpoint's key is believed
   * @param remembered what witnesses kept, in any order
   */
  Verification(
      Evidence evidence, List<String> trusted, List<StoredCheckpoint> remembered, Instant now) {
    this.evidence = evidence;
    this.now = now;
    this.trustsFirst = trusted.isEmpty();
    trusted.forEach(jwk -> this.trusted.add(Verifier.ofJwk(jwk).kid()));
    for (StoredCheckpoint one : remembered) {
      StoredCheckpoint other = this.remembered.putIfAbsent(one.number(), one);
      if (other != null && !other.content().equals(one.content())) {
        find(Kind.FORK, checkpoint(one.number()), "witnesses remember two different ones.");
      }
    }
  }

  List<Finding> run() {
    // What was forgotten on purpose is told by later checkpoints than those it concerns.
    evidence.checkpoints(stored -> forgotten = Math.max(forgotten, forgottenBy(stored)));
    evidence.checkpoints(this::checkpoint);
    remembered.values().stream()
        .filter(one -> one.number() > last.map(Checkpoint::number).orElse(0L))
        .forEach(
            one ->
                find(
                    Kind.TRUNCATED,
                    checkpoint(one.number()),
                    "a witness remembers it, and it is not there."));
    for (String partition : evidence.partitions()) {
      tail(partition);
    }
    return List.copyOf(findings);
  }

  long entries() {
    return entries;
  }

  long checkpoints() {
    return checkpoints;
  }

  /** The key that was believed because none was given. */
  Optional<String> believed() {
    return trustsFirst ? trusted.stream().findFirst() : Optional.empty();
  }

  private static long forgottenBy(StoredCheckpoint stored) {
    try {
      return stored.checkpoint().forgotten().orElse(0);
    } catch (IllegalArgumentException e) {
      return 0; // told when it is its turn
    }
  }

  private void checkpoint(StoredCheckpoint stored) {
    checkpoints++;
    String where = checkpoint(stored.number());
    Checkpoint checkpoint;
    try {
      checkpoint = stored.checkpoint();
    } catch (IllegalArgumentException e) {
      find(Kind.EDITED, where, "its content is no checkpoint: " + e.getMessage() + ".");
      return;
    }
    if (checkpoint.number() != stored.number()) {
      find(
          Kind.REORDERED,
          where,
          "its content says that it is number %d.".formatted(checkpoint.number()));
    }
    requireRemembered(stored, where);
    requireSignature(stored, checkpoint, where);
    requireSuccessor(checkpoint, where);
    covered(checkpoint, where);
    last = Optional.of(checkpoint);
  }

  private void requireRemembered(StoredCheckpoint stored, String where) {
    StoredCheckpoint known = remembered.get(stored.number());
    if (known != null && !known.content().equals(stored.content())) {
      find(Kind.FORK, where, "a witness remembers another one.");
    }
  }

  private void requireSignature(StoredCheckpoint stored, Checkpoint checkpoint, String where) {
    Verifier key;
    try {
      key = Verifier.ofJwk(checkpoint.key());
    } catch (IllegalArgumentException e) {
      find(Kind.UNKNOWN_KEY, where, "its key is none: " + e.getMessage() + ".");
      return;
    }
    if (trustsFirst && trusted.isEmpty()) {
      trusted.add(key.kid());
    }
    if (!key.verify(Checkpoint.signedBytes(stored.content()), stored.signature())) {
      find(Kind.BAD_SIGNATURE, where, "it is not signed by its key %s.".formatted(key.kid()));
    } else if (!trusted.contains(key.kid())) {
      find(
          Kind.UNKNOWN_KEY,
          where,
          "its key %s was named by no key that is trusted.".formatted(key.kid()));
    } else {
      checkpoint.next().ifPresent(jwk -> trusted.add(Verifier.ofJwk(jwk).kid()));
    }
  }

  private void requireSuccessor(Checkpoint checkpoint, String where) {
    long expected = last.map(Checkpoint::number).orElse(0L) + 1;
    if (checkpoint.number() > expected) {
      find(
          Kind.GAP,
          where,
          "checkpoints %d to %d are missing.".formatted(expected, checkpoint.number() - 1));
    } else if (checkpoint.number() < expected) {
      find(Kind.FORK, where, "there is more than one of this number.");
    } else {
      byte[] before =
          last.map(Checkpoint::hash).orElseGet(() -> Checkpoint.nothing(checkpoint.digest()));
      if (!Arrays.equals(before, checkpoint.previous())) {
        find(Kind.EDITED, where, "it does not follow from the checkpoint before it.");
      }
      if (last.isPresent() && checkpoint.time().isBefore(last.get().time())) {
        find(Kind.REORDERED, where, "it is older than the checkpoint before it.");
      }
    }
  }

  private void covered(Checkpoint checkpoint, String where) {
    List<byte[]> leaves = new ArrayList<>();
    for (Checkpoint.Range range : checkpoint.ranges()) {
      PartitionCheck partition = partition(range.partition());
      partition.begin(range, where);
      if (checkpoint.number() <= forgotten) {
        partition.skip(range);
      } else {
        page(range.partition(), range.from(), range.to(), partition);
        boolean goesOn = !evidence.entries(range.partition(), range.to() + 1, MAX, 1).isEmpty();
        leaves.addAll(partition.end(range, where, goesOn));
      }
    }
    if (checkpoint.number() > forgotten
        && !Arrays.equals(MerkleTree.root(checkpoint.digest(), leaves), checkpoint.root())) {
      find(
          Kind.EDITED,
          where,
          "the %d entries that it covers are not those that were signed."
              .formatted(checkpoint.size()));
    }
  }

  /** What came after the last checkpoint, and what lies where nothing can be. */
  private void tail(String id) {
    PartitionCheck partition = partition(id);
    page(id, Long.MIN_VALUE, partition.start(), partition::stray);
    page(id, partition.sequence() + 1, MAX, partition);
    partition
        .oldestUnsigned()
        .filter(time -> time.plus(SIGNED_WITHIN).isBefore(now))
        .ifPresent(
            time ->
                find(
                    Kind.UNSIGNED,
                    "partition " + id,
                    "entries since %s are covered by no checkpoint; start a replica, which signs"
                            .formatted(time)
                        + " them, unless they are not its own."));
  }

  private void page(String id, long from, long to, Consumer<StoredEntry> check) {
    long at = from;
    List<StoredEntry> page;
    do {
      page = evidence.entries(id, at, to, PAGE);
      page.forEach(check);
      at = page.isEmpty() ? at : page.getLast().columns().sequence() + 1;
    } while (page.size() >= PAGE && at <= to);
  }

  private PartitionCheck partition(String id) {
    return partitions.computeIfAbsent(
        id, fresh -> new PartitionCheck(fresh, findings, () -> entries++));
  }

  private void find(Kind kind, String where, String what) {
    findings.add(new Finding(kind, where, what));
  }

  private static String checkpoint(long number) {
    return "checkpoint " + number;
  }
}
