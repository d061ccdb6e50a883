package platform.deepseek.inference.grammar.schema;

import platform.deepseek.inference.grammar.Expression;

/** How many characters, items or properties there may be; both ends included. */
record Count(long least, long most) {

  static final long UNBOUNDED = Long.MAX_VALUE;

  /** A larger count is reached by no answer: as a least it is refused, as a most it is none. */
  static final int LARGEST = 100_000;

  static final Count ANY = new Count(0, UNBOUNDED);

  boolean contains(long number) {
    return least <= number && number <= most;
  }

  Count and(Count other) {
    return new Count(Math.max(least, other.least), Math.min(most, other.most));
  }

  boolean isEmpty() {
    return least > most;
  }

  /** The most as a number of repetitions. */
  int mostRepeated() {
    return most > LARGEST ? Expression.UNBOUNDED : (int) most;
  }

  boolean isAny() {
    return equals(ANY);
  }
}
