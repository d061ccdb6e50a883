package platform.deepseek.inference.grammar.schema;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The numbers that a schema allows.
 *
 * @param multiples what they are multiples of, every one
 */
record NumberRange(
    boolean integer, Optional<Bound> low, Optional<Bound> high, List<BigDecimal> multiples) {

  static final NumberRange ALL =
      new NumberRange(false, Optional.empty(), Optional.empty(), List.of());

  record Bound(BigDecimal value, boolean exclusive) {}

  NumberRange {
    multiples = List.copyOf(multiples);
  }

  boolean contains(BigDecimal value) {
    return (!integer || value.stripTrailingZeros().scale() <= 0)
        && low.map(bound -> holds(value.compareTo(bound.value()), bound)).orElse(true)
        && high.map(bound -> holds(bound.value().compareTo(value), bound)).orElse(true)
        && multiples.stream().allMatch(of -> value.remainder(of).signum() == 0);
  }

  private static boolean holds(int comparison, Bound bound) {
    return bound.exclusive() ? comparison > 0 : comparison >= 0;
  }

  NumberRange and(NumberRange other) {
    return new NumberRange(
        integer || other.integer,
        tighter(low, other.low, 1),
        tighter(high, other.high, -1),
        Stream.concat(multiples.stream(), other.multiples.stream()).distinct().toList());
  }

  private static Optional<Bound> tighter(Optional<Bound> one, Optional<Bound> other, int sign) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.or(() -> other);
    }
    int comparison = sign * one.get().value().compareTo(other.get().value());
    if (comparison == 0) {
      return one.get().exclusive() ? one : other;
    }
    return comparison > 0 ? one : other;
  }
}
