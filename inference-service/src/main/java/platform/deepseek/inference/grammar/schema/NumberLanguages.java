package platform.deepseek.inference.grammar.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.regular.Pattern;
import platform.deepseek.inference.grammar.regular.TooManyStatesException;

/**
 * Numbers within bounds as automata over their decimal notation. Digits come from the left and
 * their number is not known before the point, so a state holds how the digits so far compare with
 * as many digits of the bound; length decides at the point, fractions go on digit by digit.
 */
final class NumberLanguages {

  /** An exact long or double takes so many digits, and no reader overflows. */
  private static final int DIGITS = 18;

  /** Digits behind the point where a range is given, if its bounds have no more. */
  private static final int BOUNDED_FRACTION = 9;

  private static final int LARGEST_MULTIPLE = 10_000;
  private static final String INTEGRAL = "-?(?:0|[1-9]\\d{0,%d})".formatted(DIGITS - 1);

  static final CharacterAutomaton ANY_INTEGER =
      CharacterAutomaton.matching(Pattern.read("0|-?[1-9]\\d{0,%d}".formatted(DIGITS - 1)));

  /** Exponents of two digits keep every number finite. */
  static final CharacterAutomaton ANY_NUMBER =
      CharacterAutomaton.matching(
          Pattern.read(INTEGRAL + "(?:\\.\\d{1,%d})?(?:[eE][+-]?\\d{1,2})?".formatted(DIGITS)));

  private final NumberRange range;
  private final Side positive;
  private final Side negative;
  private final int integralDigits;
  private final int fractionDigits;
  private final BigInteger multiple;
  private final int multipleScale;

  private NumberLanguages(NumberRange range, BigDecimal multiple) {
    this.range = range;
    var high = range.high().map(bound -> new Decimal(bound.value(), bound.exclusive()));
    var low = range.low().map(bound -> new Decimal(bound.value(), bound.exclusive()));
    positive = new Side(low, high);
    negative = new Side(high.map(Decimal::negated), low.map(Decimal::negated));
    integralDigits =
        Math.max(
            DIGITS,
            Math.max(
                low.map(Decimal::integralDigits).orElse(0),
                high.map(Decimal::integralDigits).orElse(0)));
    multipleScale = Math.max(multiple.stripTrailingZeros().scale(), 0);
    this.multiple = multiple.movePointRight(multipleScale).toBigIntegerExact();
    fractionDigits =
        range.integer()
            ? 0
            : multiple.signum() > 0
                ? multipleScale
                : Math.max(
                    BOUNDED_FRACTION,
                    1
                        + Math.max(
                            low.map(bound -> bound.fraction().length()).orElse(0),
                            high.map(bound -> bound.fraction().length()).orElse(0)));
  }

  /** The written numbers of a range. */
  static CharacterAutomaton language(NumberRange range, String path) {
    if (range.low().isEmpty() && range.high().isEmpty() && range.multiples().isEmpty()) {
      return range.integer() ? ANY_INTEGER : ANY_NUMBER;
    }
    var multiple = commonMultiple(range.multiples());
    if (multiple.precision() - Math.min(multiple.scale(), 0) > 10
        || multiple.unscaledValue().compareTo(BigInteger.valueOf(LARGEST_MULTIPLE)) > 0
        || multiple.scale() > DIGITS) {
      throw new UnsupportedSchemaException(
          path,
          "multipleOf",
          "%s has more than the digits that are supported, which are those up to %,d"
              .formatted(multiple, LARGEST_MULTIPLE));
    }
    try {
      return new NumberLanguages(range, multiple).explored();
    } catch (TooManyStatesException tooMany) {
      throw new UnsupportedSchemaException(
          path,
          multiple.signum() == 0 ? "maximum" : "multipleOf",
          tooMany.getMessage() + "; use fewer digits");
    }
  }

  private static BigDecimal commonMultiple(List<BigDecimal> multiples) {
    var all = BigDecimal.ZERO;
    for (var multiple : multiples) {
      if (all.signum() == 0) {
        all = multiple.stripTrailingZeros();
        continue;
      }
      int scale = Math.max(Math.max(all.scale(), multiple.scale()), 0);
      var one = all.movePointRight(scale).toBigIntegerExact();
      var other = multiple.movePointRight(scale).toBigIntegerExact();
      all = new BigDecimal(one.multiply(other).divide(one.gcd(other)), scale).stripTrailingZeros();
    }
    return all;
  }

  private CharacterAutomaton explored() {
    return CharacterAutomaton.explored(
        new State(Phase.START, false, 0, 0, Comparison.START, Comparison.START, BigInteger.ZERO),
        "-.0123456789",
        this::next,
        this::accepts);
  }

  private enum Phase {
    START,
    SIGN,
    ZERO,
    INTEGRAL,
    POINT,
    FRACTION
  }

  private record State(
      Phase phase,
      boolean minus,
      int integral,
      int fraction,
      Comparison low,
      Comparison high,
      BigInteger remainder) {}

  /** How a magnitude that is being written compares with a bound. */
  private record Comparison(int digits, int sign) {
    static final Comparison START = new Comparison(0, 0);
  }

  /** The bounds of magnitudes behind one sign. */
  private record Side(Optional<Decimal> low, Optional<Decimal> high) {}

  /** A bound, which may be negative: then every magnitude is above it. */
  private record Decimal(boolean negative, String integral, String fraction, boolean exclusive) {

    Decimal(BigDecimal value, boolean exclusive) {
      this(value.signum() < 0, integral(value), fraction(value), exclusive);
    }

    private static String integral(BigDecimal value) {
      return value.abs().toBigInteger().toString();
    }

    private static String fraction(BigDecimal value) {
      var plain = Numbers.written(value.abs());
      int point = plain.indexOf('.');
      return point < 0 ? "" : plain.substring(point + 1);
    }

    boolean isZero() {
      return integral.equals("0") && fraction.isEmpty();
    }

    Decimal negated() {
      return new Decimal(!negative && !isZero(), integral, fraction, exclusive);
    }

    int integralDigits() {
      return integral.length();
    }

    boolean isShorterThan(int digits) {
      return negative || digits > integral.length();
    }

    Comparison integral(Comparison before, int digit) {
      int at = before.digits();
      int sign = before.sign();
      if (sign == 0 && at < integral.length()) {
        sign = Integer.compare(digit, integral.charAt(at) - '0');
      }
      return new Comparison(Math.min(at + 1, integral.length() + 1), sign);
    }

    /** At the point, the number of digits decides first. */
    Comparison atPoint(Comparison before) {
      int byLength = Integer.compare(before.digits(), integral.length());
      return new Comparison(0, byLength == 0 ? before.sign() : byLength);
    }

    Comparison fraction(Comparison before, int digit) {
      if (before.sign() != 0) {
        return before;
      }
      int at = before.digits();
      int expected = at < fraction.length() ? fraction.charAt(at) - '0' : 0;
      return new Comparison(Math.min(at + 1, fraction.length()), Integer.compare(digit, expected));
    }

    /** The sign of magnitude - bound when the text ends here. */
    int atEnd(Comparison comparison) {
      if (negative) {
        return 1;
      }
      return comparison.sign() == 0 && comparison.digits() < fraction.length()
          ? -1
          : comparison.sign();
    }
  }

  private Optional<State> next(State state, char character) {
    var side = state.minus() ? negative : positive;
    return switch (character) {
      case '-' ->
          state.phase() == Phase.START
              ? Optional.of(
                  new State(
                      Phase.SIGN, true, 0, 0, Comparison.START, Comparison.START, BigInteger.ZERO))
              : Optional.empty();
      case '.' ->
          fractionDigits > 0 && (state.phase() == Phase.ZERO || state.phase() == Phase.INTEGRAL)
              ? Optional.of(
                  new State(
                      Phase.POINT,
                      state.minus(),
                      0,
                      0,
                      atPoint(side.low(), state.low()),
                      atPoint(side.high(), state.high()),
                      state.remainder()))
              : Optional.empty();
      default -> digit(state, character - '0', side);
    };
  }

  private Optional<State> digit(State state, int digit, Side side) {
    var remainder = state.remainder();
    if (multiple.signum() > 0) {
      remainder = remainder.multiply(BigInteger.TEN).add(BigInteger.valueOf(digit)).mod(multiple);
    }
    return switch (state.phase()) {
      case ZERO -> Optional.empty();
      case START, SIGN, INTEGRAL -> {
        boolean minusZero = digit == 0 && state.minus() && range.integer();
        if (state.integral() == integralDigits
            || (state.phase() == Phase.SIGN && minusZero)
            || side.high().map(bound -> bound.isShorterThan(state.integral() + 1)).orElse(false)) {
          yield Optional.empty();
        }
        boolean zero = digit == 0 && state.phase() != Phase.INTEGRAL;
        yield Optional.of(
            new State(
                zero ? Phase.ZERO : Phase.INTEGRAL,
                state.minus(),
                state.integral() + 1,
                0,
                side.low().map(b -> b.integral(state.low(), digit)).orElse(Comparison.START),
                side.high().map(b -> b.integral(state.high(), digit)).orElse(Comparison.START),
                remainder));
      }
      case POINT, FRACTION ->
          state.fraction() == fractionDigits
              ? Optional.empty()
              : Optional.of(
                  new State(
                      Phase.FRACTION,
                      state.minus(),
                      0,
                      state.fraction() + 1,
                      side.low().map(b -> b.fraction(state.low(), digit)).orElse(Comparison.START),
                      side.high()
                          .map(b -> b.fraction(state.high(), digit))
                          .orElse(Comparison.START),
                      remainder));
    };
  }

  private static Comparison atPoint(Optional<Decimal> bound, Comparison comparison) {
    return bound.map(b -> b.atPoint(comparison)).orElse(Comparison.START);
  }

  private boolean accepts(State state) {
    boolean integral = state.phase() == Phase.ZERO || state.phase() == Phase.INTEGRAL;
    if (!integral && state.phase() != Phase.FRACTION) {
      return false;
    }
    var side = state.minus() ? negative : positive;
    return above(side.low(), integral ? atPoint(side.low(), state.low()) : state.low())
        && below(side.high(), integral ? atPoint(side.high(), state.high()) : state.high())
        && isMultiple(state);
  }

  private static boolean above(Optional<Decimal> bound, Comparison comparison) {
    return bound.map(b -> b.atEnd(comparison) > (b.exclusive() ? 0 : -1)).orElse(true);
  }

  private static boolean below(Optional<Decimal> bound, Comparison comparison) {
    return bound.map(b -> b.atEnd(comparison) < (b.exclusive() ? 0 : 1)).orElse(true);
  }

  private boolean isMultiple(State state) {
    return multiple.signum() == 0
        || state
                .remainder()
                .multiply(BigInteger.TEN.pow(multipleScale - state.fraction()))
                .mod(multiple)
                .signum()
            == 0;
  }
}
