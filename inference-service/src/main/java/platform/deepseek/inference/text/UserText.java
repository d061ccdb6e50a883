package platform.deepseek.inference.text;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/*
 * Puts marks into text that a user wrote, at the places where an added token could be read into
 * it: behind the first character of each added token's text, and, because a template puts its own
 * text or another user's next to it, wherever the text could be the end, the beginning or the
 * middle of one. A mark changes nothing by itself: after rendering it only forbids the tokens that
 * are read across it. So it is no harm to mark too much, as long as no mark stands where a
 * template looks: at the white space that it trims and in the words that it compares.
 */
final class UserText {

  /** What a template may do with the string. */
  enum Use {
    /** It is only written out. */
    FREE,
    /** The template compares it with words of its own: mark whole tokens only. */
    COMPARED
  }

  private final char mark;
  private final List<AddedToken> tokens;
  private final AddedTokenTrie beginnings;
  private final AddedTokenTrie endings;
  private final int longest;

  /**
   * @param mark a char that is in no text
   * @param tokens the tokens that the user must not be able to write
   */
  UserText(char mark, Collection<AddedToken> tokens) {
    this.mark = mark;
    this.tokens = tokens.stream().filter(token -> !token.content().isBlank()).toList();
    beginnings = new AddedTokenTrie(this.tokens);
    endings = new AddedTokenTrie(this.tokens.stream().map(UserText::reversed).toList());
    longest = this.tokens.stream().mapToInt(token -> token.content().length()).max().orElse(0);
  }

  String marked(String text, Use use) {
    var marks = new TreeSet<Integer>();
    markTokens(text, marks);
    if (use == Use.FREE) {
      markEnd(text, marks);
      markBeginning(text, marks);
      markMiddle(text, marks);
    }
    if (marks.isEmpty()) {
      return text;
    }
    var marked = new StringBuilder(text.length() + marks.size());
    int done = 0;
    for (int at : marks) {
      marked.append(text, done, at).append(mark);
      done = at;
    }
    return marked.append(text, done, text.length()).toString();
  }

  private void markTokens(String text, TreeSet<Integer> marks) {
    for (int i = 0; i < text.length(); i++) {
      int start = i;
      beginnings.visit(
          text,
          start,
          token -> {
            int inside = afterFirst(text, start);
            marks.add(inside);
            if (inside == start + token.content().length()) {
              marks.add(start);
            }
          });
    }
  }

  private void markEnd(String text, TreeSet<Integer> marks) {
    for (int i = Math.max(0, text.length() - longest); i < text.length(); i++) {
      if (beginnings.endsInsideToken(text, i) && !text.substring(i).isBlank()) {
        marks.add(afterFirst(text, i));
      }
    }
  }

  /** A single character has no inside, but what stands before it is not the user's. */
  private void markBeginning(String text, TreeSet<Integer> marks) {
    int head = Math.min(text.length(), longest);
    String reversed = reversed(text.substring(0, head));
    for (int i = 0; i < head; i++) {
      if (endings.endsInsideToken(reversed, i) && !reversed.substring(i).isBlank()) {
        int inside = afterFirst(text, 0);
        marks.add(head - i > inside ? inside : 0);
      }
    }
  }

  private void markMiddle(String text, TreeSet<Integer> marks) {
    if (text.length() <= longest - 2
        && !text.isBlank()
        && tokens.stream().anyMatch(token -> hasInside(token.content(), text))) {
      int inside = afterFirst(text, 0);
      marks.add(inside < text.length() ? inside : 0);
    }
  }

  private static boolean hasInside(String token, String text) {
    int at = token.indexOf(text, 1);
    return at > 0 && at + text.length() < token.length();
  }

  private static int afterFirst(String text, int start) {
    return start + Character.charCount(text.codePointAt(start));
  }

  private static AddedToken reversed(AddedToken token) {
    return new AddedToken(
        token.id(), reversed(token.content()), false, false, false, false, token.special());
  }

  /** Char by char: pairs are compared with pairs that are turned round in the same way. */
  private static String reversed(String text) {
    var reversed = new StringBuilder(text.length());
    for (int i = text.length() - 1; i >= 0; i--) {
      reversed.append(text.charAt(i));
    }
    return reversed.toString();
  }
}
