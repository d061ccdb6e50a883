package platform.deepseek.cache.canonical;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * A double as ECMAScript's Number::toString writes it, which RFC 8785 takes for its numbers: the
 * fewest digits that come back as the same double, without exponent from 1e-6 up to 1e21.
 *
 * <p>Java's Double.toString finds the same digits since JDK 19, with one difference: it never
 * writes fewer than two, so of numbers that one digit is enough for it writes the nearest with two.
 */
final class EcmaScriptNumber {

  private static final int LARGEST_PLAIN = 21;
  private static final int SMALLEST_PLAIN = -6;

  private EcmaScriptNumber() {}

  /**
   * @param value finite
   */
  static String of(double value) {
    if (value == 0) {
      return "0"; // and so is -0
    }
    BigDecimal shortest = shortest(Math.abs(value));
    String digits = shortest.unscaledValue().toString();
    int point = digits.length() - shortest.scale(); // value = 0.DIGITS * 10^point
    StringBuilder text = new StringBuilder(26);
    if (value < 0) {
      text.append('-');
    }
    int count = digits.length();
    if (count <= point && point <= LARGEST_PLAIN) {
      text.append(digits).repeat('0', point - count);
    } else if (0 < point && point <= LARGEST_PLAIN) {
      text.append(digits, 0, point).append('.').append(digits, point, count);
    } else if (SMALLEST_PLAIN < point && point <= 0) {
      text.append("0.").repeat('0', -point).append(digits);
    } else {
      text.append(digits.charAt(0));
      if (count > 1) {
        text.append('.').append(digits, 1, count);
      }
      int exponent = point - 1;
      text.append('e').append(exponent < 0 ? '-' : '+').append(Math.abs(exponent));
    }
    return text.toString();
  }

  private static BigDecimal shortest(double value) {
    BigDecimal java = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (java.precision() != 2) {
      return java;
    }
    BigDecimal down = java.round(new MathContext(1, RoundingMode.DOWN));
    BigDecimal up = java.round(new MathContext(1, RoundingMode.UP));
    boolean downIsIt = down.doubleValue() == value;
    boolean upIsIt = up.doubleValue() == value;
    if (downIsIt && upIsIt) {
      BigDecimal exact = new BigDecimal(value);
      BigDecimal below = exact.subtract(down).abs();
      return (below.compareTo(up.subtract(exact).abs()) <= 0 ? down : up).stripTrailingZeros();
    }
    return downIsIt ? down.stripTrailingZeros() : upIsIt ? up.stripTrailingZeros() : java;
  }
}
