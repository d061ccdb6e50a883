package platform.deepseek.auth.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import platform.deepseek.auth.crypto.Digest;
import platform.deepseek.auth.store.Times;

/**
 * The chain of one writer, from the start of its process to its end. Nobody else appends to it, so
 * replicas need no lock between them and cannot fork each other's chains; that two of them do the
 * same is impossible by the table's primary key. Time never goes back in it.
 */
final class Partition {

  /** An event and when it happened, to the microsecond: databases keep no more. */
  record Happened(AuditEvent event, Instant time) {
    Happened {
      time = Times.stored(time);
    }
  }

  private final String id = UUID.randomUUID().toString();
  private final Digest digest;
  private long sequence;
  private Instant time = Instant.EPOCH;
  private byte[] head;

  Partition(Digest digest) {
    this.digest = digest;
    this.head = Chain.start(digest, id);
  }

  String id() {
    return id;
  }

  /** Hash of the last entry. */
  byte[] head() {
    return head;
  }

  /** Number of the last entry. */
  long sequence() {
    return sequence;
  }

  boolean isEmpty() {
    return sequence == 0;
  }

  /** The rows that come next; the partition itself stays as it is. */
  List<StoredEntry> next(List<Happened> events) {
    List<StoredEntry> entries = new ArrayList<>();
    Instant last = time;
    byte[] previous = head;
    for (Happened happened : events) {
      last = happened.time().isAfter(last) ? happened.time() : last;
      Entry entry = new Entry(id, sequence + 1 + entries.size(), last, digest, happened.event());
      StoredEntry stored = StoredEntry.of(entry, previous);
      entries.add(stored);
      previous = stored.hash();
    }
    return entries;
  }

  /** They are in the database. */
  void advance(List<StoredEntry> entries) {
    StoredEntry last = entries.getLast();
    sequence = last.columns().sequence();
    time = last.columns().time();
    head = last.hash();
  }
}
