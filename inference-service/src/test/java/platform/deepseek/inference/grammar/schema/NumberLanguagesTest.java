package platform.deepseek.inference.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.schema.NumberRange.Bound;

/** The automaton of a range accepts a written number exactly where the number is in the range. */
class NumberLanguagesTest {

  @Test
  void writtenNumbersAreAcceptedExactlyWithinTheirRange() {
    var random = new Random(3);
    for (int i = 0; i < 400; i++) {
      var range = range(random);
      var language = NumberLanguages.language(range, "#");
      for (int j = 0; j < 100; j++) {
        var number = near(random, range);
        assertThat(language.accepts(Numbers.written(number)))
            .as("%s in %s", number.toPlainString(), range)
            .isEqualTo(range.contains(number));
      }
    }
  }

  @Test
  void integersAreWrittenWithoutFractionExponentOrLeadingZeros() {
    for (var accepted : List.of("0", "-1", "10", "123456789012345678")) {
      assertThat(NumberLanguages.ANY_INTEGER.accepts(accepted)).as(accepted).isTrue();
    }
    for (var refused : List.of("-0", "01", "1.0", "1e3", "+1", "-", "", "1234567890123456789")) {
      assertThat(NumberLanguages.ANY_INTEGER.accepts(refused)).as(refused).isFalse();
    }
  }

  @Test
  void numbersNeverOverflow() {
    assertThat(NumberLanguages.ANY_NUMBER.accepts("-12.5e+99")).isTrue();
    assertThat(NumberLanguages.ANY_NUMBER.accepts("1e100")).isFalse();
    assertThat(NumberLanguages.ANY_NUMBER.accepts("1.")).isFalse();
    assertThat(NumberLanguages.ANY_NUMBER.accepts(".5")).isFalse();
  }

  @Test
  void trailingZerosDoNotMoveANumberOverItsBound() {
    var upToTwo = new NumberRange(false, Optional.empty(), bound("2", false), List.of());
    var belowTwo = new NumberRange(false, Optional.empty(), bound("2", true), List.of());

    assertThat(NumberLanguages.language(upToTwo, "#").accepts("2.000")).isTrue();
    assertThat(NumberLanguages.language(upToTwo, "#").accepts("2.001")).isFalse();
    assertThat(NumberLanguages.language(belowTwo, "#").accepts("2.000")).isFalse();
    assertThat(NumberLanguages.language(belowTwo, "#").accepts("1.999")).isTrue();
  }

  private static Optional<Bound> bound(String value, boolean exclusive) {
    return Optional.of(new Bound(new BigDecimal(value), exclusive));
  }

  private static NumberRange range(RandomGenerator random) {
    var low = decimal(random, 1_500);
    var high = low.add(decimal(random, 300).abs());
    boolean integer = random.nextInt(3) == 0;
    return new NumberRange(
        integer,
        random.nextInt(4) == 0
            ? Optional.empty()
            : Optional.of(new Bound(low, random.nextBoolean())),
        random.nextInt(4) == 0
            ? Optional.empty()
            : Optional.of(new Bound(high, random.nextBoolean())),
        random.nextInt(4) == 0
            ? List.of(new BigDecimal(List.of("2", "0.5", "0.25", "7").get(random.nextInt(4))))
            : List.of());
  }

  private static BigDecimal decimal(RandomGenerator random, int size) {
    return BigDecimal.valueOf(random.nextLong(-size, size), random.nextInt(3)).stripTrailingZeros();
  }

  private static BigDecimal near(RandomGenerator random, NumberRange range) {
    var from =
        random.nextBoolean()
            ? range.low().map(Bound::value).orElse(BigDecimal.ZERO)
            : range.high().map(Bound::value).orElse(BigDecimal.ONE);
    var number = from.add(decimal(random, List.of(2, 10, 1_000).get(random.nextInt(3))));
    return range.integer() || random.nextInt(3) == 0
        ? new BigDecimal(number.toBigInteger())
        : number;
  }
}
