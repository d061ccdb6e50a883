package platform.deepseek.operator.exam;

/** The beginning of a text, for messages that people read. */
final class Clipped {

  private static final int LONGEST = 60;

  private Clipped() {}

  static String of(String text) {
    return text.length() <= LONGEST
        ? text
        : text.substring(
                0,
                text.offsetByCodePoints(
                    0, Math.min(LONGEST, text.codePointCount(0, text.length()))))
            + "...";
  }
}
