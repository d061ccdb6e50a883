package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Optional;

/** Numbers of JSON as decimals, and as they are written. */
final class Numbers {

  private static final int LONGEST = 400;

  private Numbers() {}

  /** Empty for what is too long to be written without an exponent, infinity among it. */
  static Optional<BigDecimal> of(JsonNode number) {
    if (number.isFloatingPointNumber()
        && !number.isBigDecimal()
        && !Double.isFinite(number.doubleValue())) {
      return Optional.empty();
    }
    var value = number.decimalValue();
    return digits(value) <= LONGEST ? Optional.of(value) : Optional.empty();
  }

  /** Digits of the plain form. */
  static long digits(BigDecimal value) {
    long integral = Math.max((long) value.precision() - value.scale(), 1);
    return integral + Math.max(value.scale(), 0);
  }

  /** Without an exponent and without zeros at the end of the fraction. */
  static String written(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
