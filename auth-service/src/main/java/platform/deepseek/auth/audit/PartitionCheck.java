package platform.deepseek.auth.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import platform.deepseek.auth.audit.Finding.Kind;

/** One partition while it is verified: its rows come in the order of their numbers. */
final class PartitionCheck implements Consumer<StoredEntry> {

  private final String id;
  private final List<Finding> findings;
  private final Runnable counter;
  private final List<byte[]> leaves = new ArrayList<>();
  private long start; // nothing may lie here or before
  private long sequence; // of the last one seen
  private long covered;
  private byte[] previous; // null: not known
  private Instant time = Instant.MIN;
  private Optional<Instant> oldestUnsigned = Optional.empty();

  PartitionCheck(String id, List<Finding> findings, Runnable counter) {
    this.id = id;
    this.findings = findings;
    this.counter = counter;
  }

  @Override
  public void accept(StoredEntry stored) {
    counter.run();
    long number = stored.columns().sequence();
    if (number == sequence) {
      find(Kind.FORK, number, "there are two of this number.");
      return;
    }
    if (number > sequence + 1) {
      missing(sequence + 1, number - 1);
      previous = null;
    }
    content(stored);
    sequence = number;
    previous = stored.hash();
    leaves.add(stored.hash());
    oldestUnsigned = oldestUnsigned.or(() -> Optional.of(stored.columns().time()));
  }

  private void content(StoredEntry stored) {
    long number = stored.columns().sequence();
    Entry entry;
    try {
      entry = Entry.parse(stored.content());
    } catch (IllegalArgumentException e) {
      find(Kind.EDITED, number, "its content is no entry: " + e.getMessage() + ".");
      return;
    }
    if (!entry.partition().equals(id) || entry.sequence() != number) {
      find(
          Kind.REORDERED,
          number,
          "its content says that it is entry %d of %s."
              .formatted(entry.sequence(), entry.partition()));
    } else if (!StoredEntry.Columns.of(entry).equals(stored.columns())) {
      find(Kind.EDITED, number, "the columns it is searched by do not say what its content says.");
    }
    byte[] before = sequence == 0 && number == 1 ? Chain.start(entry.digest(), id) : previous;
    if (before != null && !stored.isHash(Chain.next(entry.digest(), before, stored.content()))) {
      find(Kind.EDITED, number, "it does not follow from the entry before it.");
    }
    if (entry.time().isBefore(time)) {
      find(Kind.REORDERED, number, "it is older than the entry before it.");
    }
    time = entry.time().isAfter(time) ? entry.time() : time;
  }

  /** A checkpoint covers these. */
  void begin(Checkpoint.Range range, String checkpoint) {
    if (range.from() != covered + 1) {
      findings.add(
          new Finding(
              range.from() > covered ? Kind.GAP : Kind.FORK,
              checkpoint,
              "it covers %s from entry %d, and what is covered before ends with %d."
                  .formatted(id, range.from(), covered)));
    }
    covered = Math.max(covered, range.to());
    leaves.clear();
  }

  /** They were deleted on purpose. */
  void skip(Checkpoint.Range range) {
    start = range.to();
    sequence = range.to();
    previous = range.head();
  }

  /**
   * All of them have been seen.
   *
   * @param goesOn whether there are rows after them
   * @return their hashes
   */
  List<byte[]> end(Checkpoint.Range range, String checkpoint, boolean goesOn) {
    if (sequence < range.to()) {
      if (goesOn) {
        missing(sequence + 1, range.to());
      } else {
        find(
            Kind.TRUNCATED,
            sequence + 1,
            "%s covers entries up to %d, and the last one is %d."
                .formatted(checkpoint, range.to(), sequence));
      }
      sequence = range.to();
      previous = range.head();
    } else if (!Arrays.equals(previous, range.head())) {
      find(Kind.EDITED, range.to(), "%s was signed over another one.".formatted(checkpoint));
    }
    oldestUnsigned = Optional.empty();
    return List.copyOf(leaves);
  }

  /** Lies before the first that there can be. */
  void stray(StoredEntry stored) {
    counter.run();
    find(Kind.FORK, stored.columns().sequence(), "there can be none of this number any more.");
  }

  long start() {
    return start;
  }

  long sequence() {
    return sequence;
  }

  Optional<Instant> oldestUnsigned() {
    return oldestUnsigned;
  }

  private void missing(long from, long to) {
    findings.add(
        new Finding(
            Kind.GAP,
            "partition " + id,
            from == to
                ? "entry %d is missing.".formatted(from)
                : "entries %d to %d are missing.".formatted(from, to)));
  }

  private void find(Kind kind, long number, String what) {
    findings.add(new Finding(kind, "entry %d of %s".formatted(number, id), what));
  }
}
