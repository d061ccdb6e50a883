package platform.deepseek.inference.api.chat;

import jakarta.inject.Singleton;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.grammar.CompiledGrammar;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.GrammarCache;

/** Grammars over the served model's vocabulary, compiled when they are first asked for. */
@Singleton
public final class Grammars {

  /** Kept at most; the masks of one take up to some megabytes. */
  private static final int KEPT = 64;

  /** Of the automata of all that are kept: a hundred megabytes. Most schemas need some hundreds. */
  private static final int KEPT_STATES = 100_000;

  private final ServedModel model;
  private GrammarCache cache;

  public Grammars(ServedModel model) {
    this.model = model;
  }

  /** The grammar, ready for sequences. Compiling takes some milliseconds: for worker threads. */
  CompiledGrammar compiled(Grammar grammar) {
    return cache().get(grammar);
  }

  private synchronized GrammarCache cache() {
    if (cache == null) {
      cache = new GrammarCache(model.vocabulary().get(), KEPT, KEPT_STATES);
    }
    return cache;
  }
}
