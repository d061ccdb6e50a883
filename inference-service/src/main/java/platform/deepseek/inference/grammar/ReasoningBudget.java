package platform.deepseek.inference.grammar;

import java.util.HashMap;
import java.util.Map;
import platform.deepseek.inference.grammar.Expression.Anything;
import platform.deepseek.inference.grammar.Expression.Reference;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.Expression.Until;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.TokenConstraint;
import platform.deepseek.inference.sampling.Work;

/**
 * A limit to the thought before an answer that is free itself: after so many tokens the marker that
 * ends a thought is all that may be said, and behind it everything may. An answer that follows a
 * grammar needs no class of its own: {@link #grammar} with {@link CompiledGrammar#start(int)}.
 */
public final class ReasoningBudget implements TokenConstraint {

  /** Null when the thought has ended. */
  private GrammarConstraint thought;

  /**
   * @param freeAnswer of {@link #grammarOfFreeAnswer}
   * @param tokens to think, 0 and more
   */
  public ReasoningBudget(CompiledGrammar freeAnswer, int tokens) {
    this.thought = freeAnswer.start(tokens);
  }

  /**
   * A thought, its marker, then what the answer's grammar says, without anything in between.
   *
   * @param marker that ends the thought, such as {@code </think>}
   */
  public static Grammar grammar(String marker, Grammar answer) {
    String root = answer.root() + " after a thought";
    while (answer.rules().containsKey(root)) {
      root += "'";
    }
    Map<String, Expression> rules = new HashMap<>(answer.rules());
    rules.put(root, Sequence.of(new Until(marker), new Reference(answer.root())));
    return new Grammar(root, rules);
  }

  /** A thought, its marker, then anything. */
  public static Grammar grammarOfFreeAnswer(String marker) {
    return Grammar.of(Sequence.of(new Until(marker), new Anything()));
  }

  @Override
  public boolean prepare(Work work) {
    return thought == null || thought.prepare(work);
  }

  @Override
  public LogitMask mask() {
    return thought == null ? null : thought.mask();
  }

  @Override
  public void accept(int token) {
    if (thought != null) {
      thought.accept(token);
      if (!thought.isOpening()) {
        thought = null;
      }
    }
  }
}
