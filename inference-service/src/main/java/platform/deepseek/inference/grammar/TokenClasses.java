package platform.deepseek.inference.grammar;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What a vocabulary looks like from the states of automata, found out once for all grammars in
 * which the same automaton occurs. Bounded in memory: what was found of the automata asked for
 * longest ago is forgotten, and found out again where it is needed.
 */
final class TokenClasses {

  private static final long MOST_BYTES = 256L << 20;

  private record Key(Automaton automaton, boolean repeats) {}

  private final TokenVocabulary vocabulary;
  private final Map<Key, OfAutomaton> known = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  TokenClasses(TokenVocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  synchronized OfAutomaton of(Automaton automaton, boolean repeats) {
    return known.computeIfAbsent(new Key(automaton, repeats), OfAutomaton::new);
  }

  @SuppressWarnings("ReferenceEquality") // two copies of one automaton are counted apart
  private synchronized void keep(OfAutomaton automaton, int state, TokenClass tokens) {
    if (automaton.classes.getAndSet(state, tokens) != null) {
      return; // another thread was quicker, and has counted it
    }
    // One that was forgotten may still be in use by a grammar: it is counted again, unless newer
    // grammars have a copy of it. Then what it finds goes with its last grammar.
    if (known.computeIfAbsent(automaton.key, key -> automaton) != automaton) {
      return;
    }
    automaton.bytes += tokens.bytes();
    bytes += tokens.bytes();
    Iterator<OfAutomaton> eldest = known.values().iterator();
    while (bytes > MOST_BYTES && eldest.hasNext()) {
      bytes -= eldest.next().forget();
      eldest.remove();
    }
  }

  /** Of the states of one automaton; for each the first who asks pays. */
  final class OfAutomaton {

    private final Key key;
    private final AtomicReferenceArray<TokenClass> classes;
    private long bytes;

    private OfAutomaton(Key key) {
      this.key = key;
      this.classes = new AtomicReferenceArray<>(key.automaton().states());
    }

    boolean isKnown(int state) {
      return classes.get(state) != null;
    }

    TokenClass get(int state) {
      TokenClass tokens = classes.get(state);
      if (tokens == null) {
        tokens = TokenClass.of(vocabulary, key.automaton(), key.repeats(), state);
        keep(this, state, tokens);
      }
      return tokens;
    }

    private long forget() {
      for (int state = 0; state < classes.length(); state++) {
        classes.set(state, null);
      }
      long forgotten = bytes;
      bytes = 0;
      return forgotten;
    }
  }
}
