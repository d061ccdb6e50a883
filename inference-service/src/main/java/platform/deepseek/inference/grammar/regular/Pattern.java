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

  /**
   * What stands for characters: in brackets one of them may begin or end a range.
   *
   * @param one the character where it is a single one, which half a surrogate pair is too; else -1
   */
  private record Member(CodePointSet set, int one) {

    static Member of(CodePointSet set) {
      return new Member(set, -1);
    }

    static Member of(int character) {
      return new Member(CodePointSet.of(character, character), character);
    }
  }

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
        sets.add(first.set());
      }
    }
    expect(']', "'[' without ']'");
    var union = CodePointSet.union(sets);
    return negated ? union.complement() : union;
  }

  private CodePointSet range(Member first, Member last) {
    if (first.one() < 0 || last.one() < 0 || first.one() > last.one()) {
      throw malformed("a range that is out of order or not between characters");
    }
    return CodePointSet.of(first.one(), last.one());
  }

  private Member bracketMember() {
    int character = text[position++];
    return character == '\\' ? escaped(true) : Member.of(character);
  }

  private CodePointSet escape(boolean inBracket) {
    return escaped(inBracket).set();
  }

  private Member escaped(boolean inBracket) {
    if (position == text.length) {
      throw malformed("'\\' at the end");
    }
    int letter = text[position++];
    return switch (letter) {
      case 'd' -> Member.of(CharacterClasses.DIGIT);
      case 'D' -> Member.of(CharacterClasses.DIGIT.complement());
      case 'w' -> Member.of(CharacterClasses.WORD);
      case 'W' -> Member.of(CharacterClasses.WORD.complement());
      case 's' -> Member.of(CharacterClasses.SPACE);
      case 'S' -> Member.of(CharacterClasses.SPACE.complement());
      case 'p' -> Member.of(property());
      case 'P' -> Member.of(property().complement());
      case 't' -> Member.of('\t');
      case 'n' -> Member.of('\n');
      case 'v' -> Member.of(0x0B);
      case 'f' -> Member.of('\f');
      case 'r' -> Member.of('\r');
      case '0' -> Member.of(0);
      case 'c' -> Member.of(control());
      case 'x' -> Member.of(hexadecimal(2));
      case 'u' -> Member.of(unicode());
      case 'b' -> {
        if (!inBracket) {
          throw unsupportedBefore("the word boundary \\b");
        }
        yield Member.of('\b');
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
        yield Member.of(letter);
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

  private int control() {
    int letter = position < text.length ? text[position] : -1;
    if (letter < 'A' || letter > 'z' || !Character.isLetter(letter)) {
      throw malformed("\\c without a letter");
    }
    position++;
    return letter % 32;
  }

  /**
   * A code point. Two escaped halves of a surrogate pair are one, which is how the u flag has it;
   * half a pair alone is a code point too, that no text contains.
   */
  private int unicode() {
    if (accept('{')) {
      int from = position;
      long value = digit();
      while (position < text.length && peek() != '}') {
        value = Math.min(value * 16 + digit(), Character.MAX_CODE_POINT + 1L);
      }
      expect('}', "\\u{ without '}'");
      if (value > Character.MAX_CODE_POINT) {
        position = from;
        throw malformed("a code point above 10FFFF");
      }
      return (int) value;
    }
    int unit = hexadecimal(4);
    int behind = position;
    if (Character.isHighSurrogate((char) unit) && accept('\\') && accept('u') && !at('{')) {
      int second = hexadecimal(4);
      if (Character.isLowSurrogate((char) second)) {
        return Character.toCodePoint((char) unit, (char) second);
      }
    }
    position = behind;
    return unit;
  }

  private int hexadecimal(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      value = value * 16 + digit();
    }
    return value;
  }

  private int digit() {
    int character = position < text.length ? text[position] : -1;
    int digit = character < 0x80 ? Character.digit(character, 16) : -1; // no other script's digits
    if (digit < 0) {
      throw malformed("an escape without its hexadecimal digits");
    }
    position++;
    return digit;
  }

  private boolean at(int character) {
    return position < text.length && text[position] == character;
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
