package platform.deepseek.inference.grammar;

/** A place in a compiled grammar: what to read, and the place after it. */
sealed interface Node {

  /**
   * The text of an automaton, or of several turns of one whose texts are prefix-free. Turns are
   * counted, not unrolled.
   */
  final class Terminal implements Node {

    final Automaton automaton;
    final boolean repeats;
    final int least;
    final int most;
    final Node next;

    /** Null where each state leads on with a few bytes only. */
    final TokenClasses.OfAutomaton classes;

    /** For text up to a marker: the same states, with nothing but the marker ahead; else null. */
    final Terminal closing;

    private Terminal(
        Automaton automaton,
        boolean repeats,
        int least,
        int most,
        Node next,
        TokenClasses.OfAutomaton classes,
        Terminal closing) {
      this.automaton = automaton;
      this.repeats = repeats;
      this.least = least;
      this.most = most;
      this.next = next;
      this.classes = classes;
      this.closing = closing;
    }

    static Terminal once(Automaton automaton, Node next, TokenClasses classes) {
      return new Terminal(automaton, false, 1, 1, next, wide(automaton, false, classes), null);
    }

    static Terminal closable(
        Automaton automaton, Automaton closing, Node next, TokenClasses classes) {
      return new Terminal(
          automaton,
          false,
          1,
          1,
          next,
          wide(automaton, false, classes),
          once(closing, next, classes));
    }

    static Terminal repeated(Automaton turn, int least, int most, Node next, TokenClasses classes) {
      return new Terminal(turn, true, least, most, next, wide(turn, true, classes), null);
    }

    private static TokenClasses.OfAutomaton wide(
        Automaton automaton, boolean repeats, TokenClasses classes) {
      for (int state = 0; state < automaton.states(); state++) {
        if (isWide(automaton, state)) {
          return classes.of(automaton, repeats);
        }
      }
      return null;
    }

    /** Whether so many bytes lead on that tokens are looked up in a class, not one by one. */
    boolean isWide(int state) {
      return isWide(automaton, state);
    }

    boolean mayBeEmpty() {
      return repeats ? least == 0 : automaton.accepts(0);
    }

    private static boolean isWide(Automaton automaton, int state) {
      return automaton.breadth(state) >= WIDE;
    }

    private static final int WIDE = 8;
  }

  /** The text of a rule. */
  final class Call implements Node {
    final Rule rule;
    final Node next;

    Call(Rule rule, Node next) {
      this.rule = rule;
      this.next = next;
    }
  }

  /** Where the text of a rule begins; known when all of the grammar is compiled. */
  final class Rule {
    Node entry;
  }

  /** Any of these. */
  final class Fork implements Node {
    final Node[] options;

    Fork(Node... options) {
      this.options = options;
    }
  }

  /** Several texts one after the other, counted in a frame of the stack. */
  final class Loop implements Node {
    final int least;
    final int most;
    final Node next;

    /** Ends in END, which returns here. */
    Node body;

    Loop(int least, int most, Node next) {
      this.least = least;
      this.most = most;
      this.next = next;
    }
  }

  /** Back to what is on the stack. */
  enum End implements Node {
    END
  }
}
