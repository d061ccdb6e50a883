package platform.deepseek.inference.text.template;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** C's strftime in the C locale, for a time without zone. */
final class DateFormat {

  private DateFormat() {}

  static String format(String format, LocalDateTime time, Budget budget) {
    var out = new StringBuilder();
    for (var i = 0; i < format.length(); i++) {
      var c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      var bare = format.charAt(i + 1) == '-' && i + 2 < format.length();
      i += bare ? 2 : 1;
      var field = field(format.charAt(i), time);
      if (field == null) {
        throw Fault.of("strftime_now() does not know %" + format.charAt(i) + ".");
      }
      out.append(bare ? withoutPadding(field) : field);
    }
    budget.allocate(out.length());
    return out.toString();
  }

  private static String withoutPadding(String field) {
    var start = 0;
    while (start < field.length() - 1 && "0 ".indexOf(field.charAt(start)) >= 0) {
      start++;
    }
    return field.substring(start);
  }

  private static String field(char directive, LocalDateTime time) {
    return switch (directive) {
      case 'a' -> pattern("EEE", time);
      case 'A' -> pattern("EEEE", time);
      case 'b', 'h' -> pattern("MMM", time);
      case 'B' -> pattern("MMMM", time);
      case 'c' -> pattern("EEE MMM ", time) + field('e', time) + pattern(" HH:mm:ss uuuu", time);
      case 'C' -> two(time.getYear() / 100);
      case 'd' -> pattern("dd", time);
      case 'D', 'x' -> pattern("MM/dd/uu", time);
      case 'e' -> String.format("%2d", time.getDayOfMonth());
      case 'f' -> pattern("SSSSSS", time);
      case 'F' -> pattern("uuuu-MM-dd", time);
      case 'H' -> pattern("HH", time);
      case 'I' -> pattern("hh", time);
      case 'j' -> pattern("DDD", time);
      case 'm' -> pattern("MM", time);
      case 'M' -> pattern("mm", time);
      case 'n' -> "\n";
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'R' -> pattern("HH:mm", time);
      case 'S' -> pattern("ss", time);
      case 't' -> "\t";
      case 'T', 'X' -> pattern("HH:mm:ss", time);
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'U' -> two((time.getDayOfYear() + 6 - time.getDayOfWeek().getValue() % 7) / 7);
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'W' -> two((time.getDayOfYear() + 7 - time.getDayOfWeek().getValue()) / 7);
      case 'y' -> pattern("uu", time);
      case 'Y' -> Integer.toString(time.getYear());
      case 'z', 'Z' -> "";
      case '%' -> "%";
      default -> null;
    };
  }

  private static String pattern(String pattern, LocalDateTime time) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time);
  }

  private static String two(int number) {
    return String.format("%02d", number);
  }
}
