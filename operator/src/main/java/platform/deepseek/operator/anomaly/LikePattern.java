package platform.deepseek.operator.anomaly;

/**
 * A pattern of SQL's LIKE: % stands for any text, _ for one character.
 *
 * <p>Not a regular expression: one with several wildcards takes time in the power of their number
 * on lines that nearly match. Here a mismatch goes back to the last % only, which is enough because
 * what an earlier one could take more the last one can take too; so a line costs its length times
 * the pattern's at most.
 */
final class LikePattern {

  private final String pattern;
  private final boolean ignoreCase;

  LikePattern(String pattern, boolean ignoreCase) {
    this.pattern = pattern;
    this.ignoreCase = ignoreCase;
  }

  boolean matches(String text) {
    int at = 0;
    int position = 0;
    int lastPercent = -1;
    int resumeAt = 0;
    while (at < text.length()) {
      if (position < pattern.length() && pattern.charAt(position) == '%') {
        lastPercent = position++;
        resumeAt = at;
      } else if (position < pattern.length() && same(pattern.charAt(position), text.charAt(at))) {
        position++;
        at++;
      } else if (lastPercent >= 0) {
        position = lastPercent + 1;
        at = ++resumeAt;
      } else {
        return false;
      }
    }
    while (position < pattern.length() && pattern.charAt(position) == '%') {
      position++;
    }
    return position == pattern.length();
  }

  private boolean same(char wanted, char found) {
    return wanted == '_'
        || wanted == found
        || (ignoreCase && Character.toLowerCase(wanted) == Character.toLowerCase(found));
  }
}
