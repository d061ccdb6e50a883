package platform.deepseek.inference.grammar;

import platform.deepseek.inference.sampling.ConstraintTooCostlyException;

/** A text can be read in more ways at a time than are kept track of. */
public final class AmbiguousGrammarException extends ConstraintTooCostlyException {

  private static final long serialVersionUID = 1;

  AmbiguousGrammarException(int ways, int most) {
    super(
        ("the grammar allows %d ways to read the same text, the most is %d;"
                + " make fewer of its alternatives begin alike")
            .formatted(ways, most));
  }
}
