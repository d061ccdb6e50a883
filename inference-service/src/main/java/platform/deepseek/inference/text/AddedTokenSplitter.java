package platform.deepseek.inference.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/*
 * Splits a text at its added tokens, leftmost first and the longest of those, the way the Rust
 * library does: tokens that are not normalised first, then the normalised ones in what is left.
 *
 * It is done here and not in the library because the library offers no way to leave a token alone
 * at one place and take it at another, and that is the whole protection against a user who types
 * an end-of-turn marker. The library is given a model without any added token (see
 * HuggingFaceTokenizer), so whatever is not cut out here cannot become one.
 *
 * Normalised tokens are compared with the text as it is, not with its normalised form; the
 * difference is seen only by tokens whose text the normaliser changes, and no model has these.
 */
final class AddedTokenSplitter {

  /**
   * A stretch of the text; token is null where it is ordinary text.
   *
   * @param start first char
   * @param end after the last char
   */
  record Segment(int start, int end, AddedToken token) {}

  private final AddedTokenTrie raw;
  private final AddedTokenTrie normalized;

  AddedTokenSplitter(Collection<AddedToken> tokens) {
    raw = new AddedTokenTrie(tokens.stream().filter(t -> !t.normalized()).toList());
    normalized = new AddedTokenTrie(tokens.stream().filter(AddedToken::normalized).toList());
  }

  /** The whole text in order; no empty segment, none for an empty text. */
  List<Segment> split(GuardedText text) {
    List<Segment> segments = new ArrayList<>();
    split(raw, text, 0, text.text().length(), segments);
    if (normalized.isEmpty()) {
      return segments;
    }
    List<Segment> refined = new ArrayList<>();
    for (var segment : segments) {
      if (segment.token() == null) {
        split(normalized, text, segment.start(), segment.end(), refined);
      } else {
        refined.add(segment);
      }
    }
    return refined;
  }

  private static void split(
      AddedTokenTrie trie, GuardedText guarded, int from, int to, List<Segment> segments) {
    String text = guarded.text();
    int done = from;
    int at = trie.isEmpty() ? to : from;
    var longest = new AddedToken[1];
    while (at < to) {
      int start = at;
      longest[0] = null;
      trie.visit(
          text,
          start,
          token -> {
            int end = start + token.content().length();
            if (end <= to && !guarded.forbids(start, end)) {
              longest[0] = token;
            }
          });
      var token = longest[0];
      int end = token == null ? start + 1 : start + token.content().length();
      at = end;
      if (token == null || token.singleWord() && touchesWord(text, start, end, from, to)) {
        continue;
      }
      int cutStart = token.leftStrip() ? skipSpaceBack(text, start, done) : start;
      int cutEnd = token.rightStrip() ? skipSpace(text, end, to) : end;
      if (done < cutStart) {
        segments.add(new Segment(done, cutStart, null));
      }
      segments.add(new Segment(cutStart, cutEnd, token));
      done = cutEnd;
      at = Math.max(end, cutEnd);
    }
    if (done < to) {
      segments.add(new Segment(done, to, null));
    }
  }

  private static boolean touchesWord(String text, int start, int end, int from, int to) {
    return start > from && isWord(text.codePointBefore(start))
        || end < to && isWord(text.codePointAt(end));
  }

  private static boolean isWord(int codePoint) {
    return Character.isLetterOrDigit(codePoint)
        || codePoint == '_'
        || Character.getType(codePoint) == Character.NON_SPACING_MARK;
  }

  private static int skipSpaceBack(String text, int start, int floor) {
    int at = start;
    while (at > floor && Character.isWhitespace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  private static int skipSpace(String text, int end, int ceiling) {
    int at = end;
    while (at < ceiling && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }
}
