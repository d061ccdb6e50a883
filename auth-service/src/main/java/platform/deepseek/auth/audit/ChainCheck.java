package platform.deepseek.auth.audit;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import platform.deepseek.auth.crypto.Digest;

/** Computes again what the rows of one partition are chained by, before they are signed. */
final class ChainCheck {

  private final String partition;
  private long expected;
  private Optional<byte[]> previous;
  private OptionalLong brokenAt = OptionalLong.empty();

  /**
   * @param from the first that is not signed yet
   * @param previous hash of the one before it; empty for the first of all
   */
  ChainCheck(String partition, long from, Optional<byte[]> previous) {
    this.partition = partition;
    this.expected = from;
    this.previous = previous;
  }

  /** Those from the first on that are what they should be. */
  List<StoredEntry> sound(List<StoredEntry> entries) {
    for (int i = 0; i < entries.size(); i++) {
      StoredEntry entry = entries.get(i);
      if (entry.columns().sequence() != expected || !follows(entry)) {
        brokenAt = OptionalLong.of(expected);
        return entries.subList(0, i);
      }
      previous = Optional.of(entry.hash());
      expected++;
    }
    return entries;
  }

  /** Where it stops being sound. */
  OptionalLong brokenAt() {
    return brokenAt;
  }

  private boolean follows(StoredEntry stored) {
    try {
      Entry entry = Entry.parse(stored.content());
      Digest digest = entry.digest();
      byte[] before = previous.orElseGet(() -> Chain.start(digest, partition));
      return StoredEntry.Columns.of(entry).equals(stored.columns())
          && stored.isHash(Chain.next(digest, before, stored.content()));
    } catch (IllegalArgumentException e) {
      return false; // it is not even an entry
    }
  }
}
