package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Operations on text that methods and filters share. */
final class Texts {

  private Texts() {}

  static String replace(String text, String old, String fresh, long count, Budget budget) {
    if (count < 0 || count > Integer.MAX_VALUE) {
      return replace(text, old, fresh, Integer.MAX_VALUE, budget);
    }
    budget.work(text.length());
    var out = new StringBuilder();
    var from = 0;
    for (var done = 0L; done < count; done++) {
      var at = old.isEmpty() ? emptyMatch(text, from, done) : text.indexOf(old, from);
      if (at < 0) {
        break;
      }
      budget.allocate((long) at - from + fresh.length());
      out.append(text, from, at).append(fresh);
      from = at + old.length();
    }
    budget.allocate(text.length() - from);
    return out.append(text, from, text.length()).toString();
  }

  /** Empty text is found before every character and at the end. */
  private static int emptyMatch(String text, int from, long done) {
    if (done == 0) {
      return 0;
    }
    return from >= text.length() ? -1 : from + Character.charCount(text.codePointAt(from));
  }

  static List<Object> split(String text, String separator, int most, boolean fromRight) {
    List<Object> parts = new ArrayList<>();
    if (fromRight) {
      var end = text.length();
      var at = most > 0 ? text.lastIndexOf(separator, end - separator.length()) : -1;
      while (at >= 0) {
        parts.add(text.substring(at + separator.length(), end));
        end = at;
        at =
            parts.size() < most && end >= separator.length()
                ? text.lastIndexOf(separator, end - separator.length())
                : -1;
      }
      parts.add(text.substring(0, end));
      Collections.reverse(parts);
      return parts;
    }
    var start = 0;
    var at = most > 0 ? text.indexOf(separator) : -1;
    while (at >= 0) {
      parts.add(text.substring(start, at));
      start = at + separator.length();
      at = parts.size() < most ? text.indexOf(separator, start) : -1;
    }
    parts.add(text.substring(start));
    return parts;
  }

  /** Words between runs of white space. */
  static List<Object> splitSpace(String text, int most, boolean fromRight) {
    if (fromRight) {
      return splitSpaceFromRight(text, most);
    }
    List<Object> parts = new ArrayList<>();
    var rest = Characters.stripLeading(text);
    var start = text.length() - rest.length();
    while (start < text.length()) {
      var end = start;
      while (end < text.length()
          && (parts.size() == most || !Characters.isSpace(text.charAt(end)))) {
        end++;
      }
      parts.add(text.substring(start, end));
      start = end;
      while (start < text.length() && Characters.isSpace(text.charAt(start))) {
        start++;
      }
    }
    return parts;
  }

  private static List<Object> splitSpaceFromRight(String text, int most) {
    List<Object> parts = new ArrayList<>();
    var end = Characters.stripTrailing(text).length();
    while (end > 0) {
      if (parts.size() == most) {
        parts.add(text.substring(0, end));
        break;
      }
      var start = end;
      while (start > 0 && !Characters.isSpace(text.charAt(start - 1))) {
        start--;
      }
      parts.add(text.substring(start, end));
      end = start;
      while (end > 0 && Characters.isSpace(text.charAt(end - 1))) {
        end--;
      }
    }
    Collections.reverse(parts);
    return parts;
  }

  static List<Object> splitLines(String text, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    var start = 0;
    for (var i = 0; i < text.length(); i++) {
      if (Characters.isLineBreak(text.charAt(i))) {
        var end = text.startsWith("\r\n", i) ? i + 2 : i + 1;
        lines.add(text.substring(start, keepEnds ? end : i));
        start = end;
        i = end - 1;
      }
    }
    if (start < text.length()) {
      lines.add(text.substring(start));
    }
    return lines;
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    var first = text.offsetByCodePoints(0, 1);
    return titleCase(text.substring(0, first)) + text.substring(first).toLowerCase(Locale.ROOT);
  }

  private static String titleCase(String character) {
    var c = character.codePointAt(0);
    return Character.toTitleCase(c) == Character.toUpperCase(c)
            && character.toUpperCase(Locale.ROOT).length() == character.length()
        ? character.toUpperCase(Locale.ROOT)
        : c == 'ß' ? "Ss" : Character.toString(Character.toTitleCase(c));
  }

  /** Every run of letters starts with a capital. */
  static String title(String text) {
    var out = new StringBuilder(text.length());
    var inside = false;
    for (var i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      var c = text.codePointAt(i);
      var character = Character.toString(c);
      out.append(inside ? character.toLowerCase(Locale.ROOT) : titleCase(character));
      inside = isCased(c);
    }
    return out.toString();
  }

  static String swapCase(String text) {
    var out = new StringBuilder(text.length());
    text.codePoints()
        .mapToObj(Character::toString)
        .forEach(
            c ->
                out.append(
                    Character.isUpperCase(c.codePointAt(0))
                        ? c.toLowerCase(Locale.ROOT)
                        : c.toUpperCase(Locale.ROOT)));
    return out.toString();
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  /** The questions that Python's strings answer about themselves. */
  static boolean is(String question, String text) {
    return switch (question) {
      case "isdecimal" -> all(text, Character::isDigit);
      case "isdigit" -> all(text, c -> Character.isDigit(c) || isSuperscript(c));
      case "isnumeric" -> all(text, Texts::isNumeric);
      case "isalpha" -> all(text, Character::isLetter);
      case "isalnum" -> all(text, c -> Character.isLetter(c) || isNumeric(c));
      case "isspace" -> all(text, Characters::isSpace);
      case "isascii" -> text.chars().allMatch(c -> c < 128);
      case "isupper" -> isUpper(text);
      case "islower" -> isLower(text);
      case "istitle" -> text.codePoints().anyMatch(Texts::isCased) && title(text).equals(text);
      default -> all(text, Characters::isWord) && !Character.isDigit(text.codePointAt(0));
    };
  }

  private static boolean all(String text, IntPredicate predicate) {
    return !text.isEmpty() && text.codePoints().allMatch(predicate);
  }

  private static boolean isSuperscript(int c) {
    return c == 0xb2 || c == 0xb3 || c == 0xb9 || c >= 0x2070 && c <= 0x2089;
  }

  private static boolean isNumeric(int c) {
    var type = Character.getType(c);
    return Character.isDigit(c)
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }
}
