package platform.deepseek.inference.grammar;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The grammars used last, compiled once for one vocabulary. Threads may share it. */
public final class GrammarCache {

  private record Kept(CompletableFuture<CompiledGrammar> compiled, int states) {}

  private final TokenVocabulary vocabulary;
  private final int most;
  private final int mostStates;

  /** The one used longest ago first. */
  private final Map<Grammar, Kept> all = new LinkedHashMap<>(16, 0.75f, true);

  /** Of all automata that are kept. */
  private int states;

  /**
   * @param most grammars to keep, 1 and more
   * @param mostStates of their automata together, a kilobyte each; one grammar may have more
   */
  public GrammarCache(TokenVocabulary vocabulary, int most, int mostStates) {
    this.vocabulary = vocabulary;
    this.most = most;
    this.mostStates = mostStates;
  }

  /**
   * The grammar, compiled by the first who asks; others wait for it.
   *
   * @throws IllegalArgumentException as {@link CompiledGrammar#compile}
   */
  public CompiledGrammar get(Grammar grammar) {
    Kept mine =
        new Kept(
            new CompletableFuture<>(),
            grammar.automata().stream().mapToInt(ByteAutomaton::states).sum());
    Kept known;
    synchronized (all) {
      known = all.putIfAbsent(grammar, mine);
      if (known == null) {
        states += mine.states();
        makeRoom();
      }
    }
    if (known != null) {
      return result(known.compiled());
    }
    try {
      mine.compiled().complete(CompiledGrammar.compile(grammar, vocabulary));
    } catch (RuntimeException | Error e) {
      synchronized (all) {
        if (all.remove(grammar, mine)) {
          states -= mine.states();
        }
      }
      mine.compiled().completeExceptionally(e);
      throw e;
    }
    return result(mine.compiled());
  }

  /** The newest one stays in any case. */
  private void makeRoom() {
    Iterator<Kept> eldest = all.values().iterator();
    while (all.size() > most || states > mostStates && all.size() > 1) {
      states -= eldest.next().states();
      eldest.remove();
    }
  }

  private static CompiledGrammar result(CompletableFuture<CompiledGrammar> compiled) {
    try {
      return compiled.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw new IllegalArgumentException(refused.getMessage(), refused);
      }
      throw e;
    }
  }
}
