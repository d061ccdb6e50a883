package platform.deepseek.auth.admin;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Lines of comma-separated values, RFC 4180. Names come from clients, and spreadsheets run cells
 * that begin like a formula: such a cell begins with an apostrophe instead.
 */
final class Csv {

  private static final String FORMULA = "=+-@\t\r\n＝＋－＠";

  private Csv() {}

  /** Texts are quoted, numbers are not. */
  static String line(List<?> cells) {
    return cells.stream().map(Csv::cell).collect(Collectors.joining(",", "", "\r\n"));
  }

  private static String cell(Object value) {
    if (value instanceof Number) {
      return value.toString();
    }
    String text = String.valueOf(value);
    String harmless = text.isEmpty() || FORMULA.indexOf(text.charAt(0)) < 0 ? text : "'" + text;
    return '"' + harmless.replace("\"", "\"\"") + '"';
  }
}
