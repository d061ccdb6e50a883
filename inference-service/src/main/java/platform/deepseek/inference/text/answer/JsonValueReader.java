package platform.deepseek.inference.text.answer;

/**
 * Finds the end of a JSON value, a character at a time. It knows strings, escapes and nesting, so
 * that a marker within a string is no marker, and leaves the rest of JSON's grammar to whoever
 * parses the value.
 */
final class JsonValueReader {

  enum Progress {
    MORE,
    /** The value ended with this character. */
    END,
    /** The value, a number or a word, ended in front of this character. */
    ENDED_BEFORE,
    /** This character cannot stand here. */
    BROKEN
  }

  private int depth;
  private boolean string;
  private boolean escape;
  private boolean word;

  Progress accept(char c) {
    if (string) {
      if (escape) {
        escape = false;
      } else if (c == '\\') {
        escape = true;
      } else if (c == '"') {
        string = false;
        return ended();
      }
      return Progress.MORE;
    }
    boolean wordCharacter = isWord(c);
    if (word && depth == 0 && !wordCharacter) {
      return Progress.ENDED_BEFORE;
    }
    word = wordCharacter;
    return switch (c) {
      case '"' -> {
        string = true;
        yield Progress.MORE;
      }
      case '{', '[' -> {
        depth++;
        yield Progress.MORE;
      }
      case '}', ']' -> {
        if (depth == 0) {
          yield Progress.BROKEN;
        }
        depth--;
        yield ended();
      }
      case ',', ':' -> depth == 0 ? Progress.BROKEN : Progress.MORE;
      case ' ', '\t', '\n', '\r' -> Progress.MORE;
      default -> wordCharacter ? Progress.MORE : Progress.BROKEN;
    };
  }

  private Progress ended() {
    return depth == 0 ? Progress.END : Progress.MORE;
  }

  private static boolean isWord(char c) {
    return c >= '0' && c <= '9'
        || c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c == '+'
        || c == '-'
        || c == '.';
  }
}
