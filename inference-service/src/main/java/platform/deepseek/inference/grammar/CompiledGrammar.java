package platform.deepseek.inference.grammar;

import java.util.List;
import platform.deepseek.inference.grammar.Node.Rule;
import platform.deepseek.inference.grammar.Node.Terminal;
import platform.deepseek.inference.sampling.Work;

/**
 * A grammar over a vocabulary, shared by any number of sequences and threads.
 *
 * <p>The grammar is a pushdown automaton over bytes. It is not made deterministic: all ways to read
 * the text so far are followed side by side, each a place in the grammar and a stack of places to
 * return to. Such a set of ways is a {@link Configuration}; the configurations met are kept with
 * their next ones and their masks, so that what happens again costs a look-up.
 *
 * <p>What is left is the cost of a new configuration, and a loop over 150,000 tokens is too slow
 * for it. As in XGrammar (Dong et al., arXiv 2411.15100) the vocabulary is classified once for each
 * state at the top of a stack ({@link TokenClass}), whatever lies below: only the tokens that leave
 * the state's automaton are checked against the stack. The class is shared by all grammars with the
 * same automaton, and the inside of a JSON string is the same in all. Repetitions are counted and
 * not unrolled, and the class tells how many turns a token takes, so that each count of a string of
 * at most 10,000 characters finds its mask without a walk of its own; llguidance's slices serve the
 * same end.
 *
 * <p>The price: alternatives that begin alike cost time together, and more than 4,096 ways at once
 * are refused while the text is read ({@link AmbiguousGrammarException}). Determinism by
 * construction, as in LR parsing, would not have this limit, but tables of each schema to build.
 */
public final class CompiledGrammar {

  /** Nodes of the trie to visit when states are classified ahead; more wait until they are met. */
  private static final long CLASSIFIED_AHEAD = 6_000_000;

  private final TokenVocabulary vocabulary;
  private final Rule root;
  private final List<Terminal> terminals;
  private volatile Configurations configurations;

  private CompiledGrammar(TokenVocabulary vocabulary, Rule root, List<Terminal> terminals) {
    this.vocabulary = vocabulary;
    this.root = root;
    this.terminals = terminals;
    this.configurations = new Configurations(vocabulary);
  }

  /**
   * @throws IllegalArgumentException the grammar has no text at all, comes back to a rule before
   *     any text (left recursion), or refers to a rule that it does not have
   */
  public static CompiledGrammar compile(Grammar grammar, TokenVocabulary vocabulary) {
    GrammarCompiler compiler = new GrammarCompiler(RuleAnalysis.of(grammar), vocabulary.classes());
    Rule root = compiler.compile(grammar.root());
    CompiledGrammar compiled = new CompiledGrammar(vocabulary, root, compiler.terminals());
    compiled.classify(CLASSIFIED_AHEAD);
    return compiled;
  }

  private void classify(long nodes) {
    long left = nodes;
    for (Terminal terminal : terminals) {
      for (int state = 0; state < terminal.automaton.states(); state++) {
        if (left > 0 && terminal.isWide(state) && !terminal.classes.isKnown(state)) {
          terminal.classes.get(state);
          left -= vocabulary.nodes() * (long) terminal.automaton.breadth(state) / 256;
        }
      }
    }
  }

  /**
   * Finds out ahead what grammars like this one need to know of the vocabulary, and has this code
   * compiled by the JIT compiler. To be called when a model is loaded.
   *
   * @param grammar one that has what most have: strings, numbers, text up to the marker that ends a
   *     thought
   * @param text a whole text of it
   * @param times to compile the grammar and read the text; some tens make the first request as fast
   *     as later ones
   * @throws IllegalArgumentException the grammar is refused, or the text is not one of it
   */
  public static void rehearse(Grammar grammar, TokenVocabulary vocabulary, String text, int times) {
    compile(grammar, vocabulary).classify(Long.MAX_VALUE);
    byte[] bytes = Utf8.encode(text);
    for (int time = 0; time < times; time++) {
      GrammarConstraint constraint = compile(grammar, vocabulary).start();
      for (int at = 0; at < bytes.length; ) {
        int token = vocabulary.longestToken(bytes, at);
        if (token < 0 || !constraint.mask().allows(token)) {
          throw new IllegalArgumentException(
              "the grammar does not allow the text to rehearse from byte %d on".formatted(at));
        }
        constraint.accept(token);
        at += vocabulary.text(token).length;
      }
    }
  }

  /** A new text. */
  public GrammarConstraint start() {
    return new GrammarConstraint(this, 0, false);
  }

  /**
   * A new text whose beginning, free text up to a marker, is to end in time: after so many tokens
   * the rest of a begun character and the marker are all that is allowed, then the grammar goes on.
   * Where the marker comes earlier, there is no other limit.
   *
   * @param tokens 0 and more
   * @throws IllegalArgumentException the grammar does not begin with an {@link Expression.Until}
   */
  public GrammarConstraint start(int tokens) {
    return new GrammarConstraint(this, tokens, true);
  }

  /** Whether this is a whole text of the grammar. */
  public boolean accepts(byte[] text) {
    Configuration at = begin();
    for (byte value : text) {
      at = current(at.next(value & 0xff));
    }
    return at.accepting();
  }

  TokenVocabulary vocabulary() {
    return vocabulary;
  }

  Configuration begin() {
    return current().from(root.entry, null, Work.unlimited());
  }

  /** The same configuration where new ones are kept. */
  Configuration current(Configuration configuration) {
    Configurations current = current();
    return configuration.space() == current ? configuration : current.adopt(configuration);
  }

  private Configurations current() {
    Configurations current = configurations;
    if (current.isFull()) {
      current = new Configurations(vocabulary);
      configurations = current;
    }
    return current;
  }
}
