package platform.deepseek.inference.grammar.regular;

import java.util.List;

/** A regular expression over code points, as a tree. */
public sealed interface RegularExpression {

  /** No bound on the number of repetitions. */
  int UNBOUNDED = -1;

  /** One character of a set. */
  record Characters(CodePointSet set) implements RegularExpression {}

  record Sequence(List<RegularExpression> parts) implements RegularExpression {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  record Alternatives(List<RegularExpression> options) implements RegularExpression {
    public Alternatives {
      options = List.copyOf(options);
    }
  }

  record Repetition(RegularExpression body, int least, int most) implements RegularExpression {}

  /** The place before the first character. */
  record Start() implements RegularExpression {}

  /** The place after the last character. */
  record End() implements RegularExpression {}

  /** A text of exactly these characters. */
  static RegularExpression text(String text) {
    return new Sequence(
        text.codePoints()
            .mapToObj(c -> (RegularExpression) new Characters(CodePointSet.of(c, c)))
            .toList());
  }
}
