package platform.deepseek.inference.grammar.regular;

import java.util.ArrayList;
import platform.deepseek.inference.grammar.regular.RegularExpression.Alternatives;
import platform.deepseek.inference.grammar.regular.RegularExpression.Characters;
import platform.deepseek.inference.grammar.regular.RegularExpression.End;
import platform.deepseek.inference.grammar.regular.RegularExpression.Repetition;
import platform.deepseek.inference.grammar.regular.RegularExpression.Sequence;
import platform.deepseek.inference.grammar.regular.RegularExpression.Start;

/**
 * Reads a pattern of ECMA 262 with the u flag, as far as it is regular. Lazy quantifiers and
 * capturing groups mean the same as plain ones, because only whether a text matches is asked.
 */
public final class Pattern {

  private static final int DEEPEST = 100;
  private static final int LARGEST_COUNT = 100_000;

  private final int[] text;
  private int position;
  private int depth;

  private Pattern(String pattern) {
    text = pattern.codePoints().toArray();
  }

  /**
   * @throws PatternException with what is wrong and where
   */
  public static RegularExpression read(String pattern) {
    var reader = new Pattern(pattern);
    var expression = reader.alternatives();
    if (reader.position < reader.text.length) {
      throw reader.malformed("')' without '('");
    }
    return expression;
  }

  private RegularExpression alternatives() {
    if (++depth > DEEPEST) {
      throw unsupported("more than %d groups inside each other".formatted(DEEPEST));
    }
    var options = new ArrayList<RegularExpression>();
    options.add(sequence());
    while (accept('|')) {
      options.add(sequence());
    }
    depth--;
    return options.size() == 1 ? options.getFirst() : new Alternatives(options);
  }

  private RegularExpression sequence() {
    var parts = new ArrayList<RegularExpression>();
    while (position < text.length && peek() != '|' && peek() != ')') {
      parts.add(quantified());
    }
    return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
  }

  private RegularExpression quantified() {
    boolean anchor = peek() == '^' || peek() == '$';
    var atom = atom();
    if (position == text.length) {
      return atom;
    }
    int least;
    int most;
    switch (peek()) {
      case '*' -> {
        least = 0;
        most = RegularExpression.UNBOUNDED;
        position++;
      }
      case '+' -> {
        least = 1;
        most = RegularExpression.UNBOUNDED;
        position++;
      }
      case '?' -> {
        least = 0;
        most = 1;
        position++;
      }
      case '{' -> {
        position++;
        least = count();
        most = least;
        if (accept(',')) {
          most = position < text.length && peek() == '}' ? RegularExpression.UNBOUNDED : count();
        }
        expect('}', "a quantifier without '}'");
        if (most != RegularExpression.UNBOUNDED && most < least) {
          throw malformed("a quantifier {%d,%d} from more to less".formatted(least, most));
        }
      }
      default -> {
        return atom;
      }
    }
    if (anchor) {
      throw malformed("a quantifier behind an anchor");
    }
    accept('?');
    if (position < text.length && "*+?{".indexOf(peek()) >= 0) {
      throw malformed("a quantifier behind a quantifier");
    }
    return new Repetition(atom, least, most);
  }

  private int count() {
    int from = position;
    long value = 0;
    while (position < text.length && peek() >= '0' && peek() <= '9') {
      value = Math.min(value * 10 + (text[position++] - '0'), LARGEST_COUNT + 1L);
    }
    if (position == from) {
      throw malformed("a quantifier without a number");
    }
    if (value > LARGEST_COUNT) {
      throw unsupported("a count above %,d".formatted(LARGEST_COUNT));
    }
    return (int) value;
  }

  private RegularExpression atom() {
    int character = text[position++];
    return switch (character) {
      case '^' -> new Start();
      case '$' -> new End();
      case '.' -> new Characters(CharacterClasses.DOT);
      case '(' -> group();
      case '[' -> new Characters(bracket());
      case '\\' -> new Characters(escape(false));
      case '*', '+', '?', '{' -> throw malformedBefore("a quantifier behind nothing");
      case ']', '}' ->
          throw malformedBefore("'%c' that has to be escaped".formatted((char) character));
      default -> new Characters(CodePointSet.of(character, character));
    };
  }

  private RegularExpression group() {
    if (accept('?')) {
      int kind = position < text.length ? text[position++] : -1;
      int next = position < text.length ? text[position] : -1;
      if (kind == '=' || kind == '!') {
        throw unsupportedBefore("a lookahead");
      }
      if (kind == '<' && (next == '=' || next == '!')) {
        throw unsupportedBefore("a lookbehind");
      }
      if (kind == '<') {
        while (position < text.length && text[position] != '>') {
          position++;
        }
        expect('>', "a group's name without '>'");
      } else if (kind != ':') {
        throw unsupportedBefore("a group of a kind that is not known");
      }
    }
    var inside = alternatives();
    expect(')', "'(' without ')'");
    return inside;
  }

  private CodePointSet bracket() {
    boolean negated = accept('^');
    var sets = new ArrayList<CodePointSet>();
    while (position < text.length && peek() != ']') {
      var first = bracketMember();
      if (position + 1 < text.length && peek() == '-' && text[position + 1] != ']') {
        position++;
        var last = bracketMember();
        sets.add(range(first, last));
      } else {
        sets.add(first);
      }
    }
    expect(']', "'[' without ']'");
    var union = CodePointSet.union(sets);
    return negated ? union.complement() : union;
  }

  private CodePointSet range(CodePointSet first, CodePointSet last) {
    if (!isOne(first) || !isOne(last) || first.first(0) > last.first(0)) {
      throw malformed("a range that is out of order or not between characters");
    }
    return CodePointSet.of(first.first(0), last.first(0));
  }

  private static boolean isOne(CodePointSet set) {
    return set.ranges() == 1 && set.first(0) == set.last(0);
  }

  private CodePointSet bracketMember() {
    int character = text[position++];
    return character == '\\' ? escape(true) : CodePointSet.of(character, character);
  }

  private CodePointSet escape(boolean inBracket) {
    if (position == text.length) {
      throw malformed("'\\' at the end");
    }
    int letter = text[position++];
    return switch (letter) {
      case 'd' -> CharacterClasses.DIGIT;
      case 'D' -> CharacterClasses.DIGIT.complement();
      case 'w' -> CharacterClasses.WORD;
      case 'W' -> CharacterClasses.WORD.complement();
      case 's' -> CharacterClasses.SPACE;
      case 'S' -> CharacterClasses.SPACE.complement();
      case 'p' -> property();
      case 'P' -> property().complement();
      case 't' -> one('\t');
      case 'n' -> one('\n');
      case 'v' -> one(0x0B);
      case 'f' -> one('\f');
      case 'r' -> one('\r');
      case '0' -> one(0);
      case 'c' -> control();
      case 'x' -> one(hexadecimal(2));
      case 'u' -> unicode();
      case 'b' -> {
        if (!inBracket) {
          throw unsupportedBefore("the word boundary \\b");
        }
        yield one('\b');
      }
      case 'B' -> throw unsupportedBefore("the word boundary \\B");
      case 'k' -> throw unsupportedBefore("the back reference \\k");
      case '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
          throw unsupportedBefore("the back reference \\%c".formatted((char) letter));
      default -> {
        if (Character.isLetter(letter)) {
          throw malformedBefore("the unknown escape \\%s".formatted(Character.toString(letter)));
        }
        // The u flag allows this for punctuation of patterns only; in the wild more is escaped.
        yield one(letter);
      }
    };
  }

  private CodePointSet property() {
    expect('{', "\\p without '{'");
    int from = position;
    while (position < text.length && peek() != '}') {
      position++;
    }
    var name = new String(text, from, position - from);
    expect('}', "\\p without '}'");
    return CharacterClasses.property(name)
        .orElseThrow(() -> unsupportedBefore("the property \\p{%s}".formatted(name)));
  }

  private CodePointSet control() {
    int letter = position < text.length ? text[position] : -1;
    if (letter < 'A' || letter > 'z' || !Character.isLetter(letter)) {
      throw malformed("\\c without a letter");
    }
    position++;
    return one(letter % 32);
  }

  private CodePointSet unicode() {
    if (accept('{')) {
      int value = 0;
      int from = position;
      while (position < text.length && peek() != '}' && position - from < 8) {
        value = value * 16 + digit();
      }
      expect('}', "\\u{ without '}'");
      if (value < 0 || value > Character.MAX_CODE_POINT) {
        throw malformedBefore("a code point above 10FFFF");
      }
      return one(value);
    }
    int unit = hexadecimal(4);
    boolean pair =
        Character.isHighSurrogate((char) unit)
            && position + 1 < text.length
            && text[position] == '\\'
            && text[position + 1] == 'u';
    if (!pair) {
      return one(unit);
    }
    position += 2;
    return one(Character.toCodePoint((char) unit, (char) hexadecimal(4)));
  }

  private int hexadecimal(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      value = value * 16 + digit();
    }
    return value;
  }

  private int digit() {
    int digit = position < text.length ? Character.digit(text[position], 16) : -1;
    if (digit < 0) {
      throw malformed("an escape without its hexadecimal digits");
    }
    position++;
    return digit;
  }

  private static CodePointSet one(int character) {
    return CodePointSet.of(character, character);
  }

  private int peek() {
    return text[position];
  }

  private boolean accept(int character) {
    if (position < text.length && text[position] == character) {
      position++;
      return true;
    }
    return false;
  }

  private void expect(int character, String otherwise) {
    if (!accept(character)) {
      throw malformed(otherwise);
    }
  }

  private PatternException malformed(String sentence) {
    return PatternException.malformed(sentence, position);
  }

  private PatternException malformedBefore(String sentence) {
    return PatternException.malformed(sentence, position - 1);
  }

  private PatternException unsupported(String sentence) {
    return PatternException.unsupported(sentence, position);
  }

  private PatternException unsupportedBefore(String sentence) {
    return PatternException.unsupported(sentence, position - 1);
  }
}
