package platform.deepseek.auth.audit;

import java.util.Locale;

/**
 * Something that should not be so.
 *
 * @param where which entry or checkpoint
 * @param what in one sentence
 */
record Finding(Kind kind, String where, String what) {

  /** The crimes. */
  enum Kind {
    /** An entry or a checkpoint is not what it was. */
    EDITED,
    /** Some are missing between others. */
    GAP,
    /** There are two where there can be one. */
    FORK,
    /** They are not in the order in which they were written. */
    REORDERED,
    /** The end is missing. */
    TRUNCATED,
    /** A checkpoint is not signed by the key that it names. */
    BAD_SIGNATURE,
    /** A checkpoint is signed by a key that nobody trusted has named. */
    UNKNOWN_KEY,
    /** Entries are old and no checkpoint covers them. */
    UNSIGNED;

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Override
  public String toString() {
    return "%s %s: %s".formatted(kind.label(), where, what);
  }
}
