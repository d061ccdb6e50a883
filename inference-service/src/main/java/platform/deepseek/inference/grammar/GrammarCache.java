package platform.deepseek.inference.grammar;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The grammars used last, compiled once for one vocabulary. Threads may share it. */
public final class GrammarCache {

  private final TokenVocabulary vocabulary;
  private final Map<Grammar, CompletableFuture<CompiledGrammar>> compiled;

  /**
   * @param most grammars to keep, 1 and more
   */
  public GrammarCache(TokenVocabulary vocabulary, int most) {
    this.vocabulary = vocabulary;
    this.compiled =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(
              Map.Entry<Grammar, CompletableFuture<CompiledGrammar>> eldest) {
            return size() > most;
          }
        };
  }

  /**
   * The grammar, compiled by the first who asks; others wait for it.
   *
   * @throws IllegalArgumentException as {@link CompiledGrammar#compile}
   */
  public CompiledGrammar get(Grammar grammar) {
    CompletableFuture<CompiledGrammar> mine = new CompletableFuture<>();
    CompletableFuture<CompiledGrammar> known;
    synchronized (compiled) {
      known = compiled.putIfAbsent(grammar, mine);
    }
    if (known != null) {
      return result(known);
    }
    try {
      mine.complete(CompiledGrammar.compile(grammar, vocabulary));
    } catch (RuntimeException | Error e) {
      synchronized (compiled) {
        compiled.remove(grammar, mine);
      }
      mine.completeExceptionally(e);
      throw e;
    }
    return result(mine);
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
