package platform.deepseek.inference.grammar;

import java.util.Arrays;

/**
 * The whole vocabulary seen from one state of an automaton, whatever follows the automaton's text.
 *
 * <p>Some tokens stay inside of the automaton: they are allowed, in a repetition as long as it
 * still has the turns that they take. Others leave it on the way. For these it says on which edges
 * of the trie the text may have ended just before; what follows decides about the trees below.
 */
final class TokenClass {

  private final TokenMask[] byTurns;
  private final int[] exitNodes;
  private final short[] exitTurns;
  private final int[] exitStarts;

  private TokenClass(TokenMask[] byTurns, int[] exitNodes, short[] exitTurns, int[] exitStarts) {
    this.byTurns = byTurns;
    this.exitNodes = exitNodes;
    this.exitTurns = exitTurns;
    this.exitStarts = exitStarts;
  }

  /**
   * The tokens that stay inside and take part in no more than these turns, the begun one included.
   *
   * @param turns 1 and more, or UNBOUNDED
   */
  TokenMask inside(int turns) {
    int level = turns == Expression.UNBOUNDED ? byTurns.length : Math.min(turns, byTurns.length);
    return byTurns[level - 1];
  }

  /** About what it takes of memory. */
  long bytes() {
    long bytes = exitNodes.length * 6L + exitStarts.length * 4L;
    for (int level = 0; level < byTurns.length; level++) {
      bytes += byTurns[level].bytesBeside(level == 0 ? null : byTurns[level - 1]);
    }
    return bytes;
  }

  /** The exits whose next byte is this one are those from here to that of the byte after it. */
  int exitStart(int value) {
    return exitStarts[value];
  }

  /** The node behind the edge of the byte that follows the automaton's text. */
  int exitNode(int exit) {
    return exitNodes[exit];
  }

  /** Turns of a repetition that have ended before the exit. */
  int exitTurns(int exit) {
    return exitTurns[exit];
  }

  static TokenClass of(
      TokenVocabulary vocabulary, Automaton automaton, boolean repeats, int state) {
    return new Walk(vocabulary, automaton, repeats).from(state);
  }

  /** One way through the trie. */
  private static final class Walk {

    private final TokenVocabulary vocabulary;
    private final Automaton automaton;
    private final boolean repeats;

    /** Places among the sorted tokens of those that stay inside, and the turns that they take. */
    private int[] places = new int[256];

    private short[] turns = new short[256];
    private int insideCount;

    private int[] exits = new int[1024];
    private short[] exitTurns = new short[1024];
    private int exitCount;
    private int mostTurns = 1;

    Walk(TokenVocabulary vocabulary, Automaton automaton, boolean repeats) {
      this.vocabulary = vocabulary;
      this.automaton = automaton;
      this.repeats = repeats;
    }

    TokenClass from(int state) {
      int[] states = new int[vocabulary.longest() + 1];
      int[] ended = new int[vocabulary.longest() + 1];
      states[0] = state;
      for (int node = 0; node < vocabulary.nodes(); ) {
        int depth = vocabulary.depth(node);
        int at = states[depth];
        int value = vocabulary.edge(node);
        if (depth > 0 && (repeats ? at == 0 : automaton.accepts(at))) {
          exit(node, ended[depth]);
        }
        int next = automaton.next(at, value);
        if (next == Automaton.DEAD) {
          node = vocabulary.end(node);
          continue;
        }
        int turnsEnded = ended[depth];
        if (repeats && automaton.accepts(next)) {
          next = 0;
          turnsEnded++;
        }
        states[depth + 1] = next;
        ended[depth + 1] = turnsEnded;
        int taken = repeats ? turnsEnded + (next == 0 ? 0 : 1) : 1;
        for (int t = vocabulary.tokenStart(node); t < vocabulary.tokenStart(node + 1); t++) {
          inside(t, taken);
        }
        node++;
      }
      if (!repeats) {
        dropNeedlessExits();
      }
      return build();
    }

    private void inside(int place, int taken) {
      if (insideCount == places.length) {
        places = Arrays.copyOf(places, 2 * insideCount);
        turns = Arrays.copyOf(turns, 2 * insideCount);
      }
      places[insideCount] = place;
      turns[insideCount++] = (short) taken;
      mostTurns = Math.max(mostTurns, taken);
    }

    private void exit(int node, int turnsEnded) {
      if (exitCount == exits.length) {
        exits = Arrays.copyOf(exits, 2 * exitCount);
        exitTurns = Arrays.copyOf(exitTurns, 2 * exitCount);
      }
      exits[exitCount] = node;
      exitTurns[exitCount++] = (short) turnsEnded;
    }

    /** Below some exits all tokens are allowed already. In a repetition that hangs on its turns. */
    private void dropNeedlessExits() {
      int kept = 0;
      for (int e = 0; e < exitCount; e++) {
        int node = exits[e];
        int first = vocabulary.tokenStart(node);
        int behind = vocabulary.tokenStart(vocabulary.end(node));
        if (insideBefore(behind) - insideBefore(first) < behind - first) {
          exits[kept] = node;
          exitTurns[kept++] = exitTurns[e];
        }
      }
      exitCount = kept;
    }

    /** How many of the tokens inside are sorted before that place. */
    private int insideBefore(int place) {
      int found = Arrays.binarySearch(places, 0, insideCount, place);
      return found < 0 ? -found - 1 : found;
    }

    private TokenClass build() {
      int[] starts = new int[257];
      for (int e = 0; e < exitCount; e++) {
        starts[vocabulary.edge(exits[e]) + 1]++;
      }
      for (int value = 0; value < 256; value++) {
        starts[value + 1] += starts[value];
      }
      int[] place = starts.clone();
      int[] nodes = new int[exitCount];
      short[] ended = repeats ? new short[exitCount] : null;
      for (int e = 0; e < exitCount; e++) {
        int to = place[vocabulary.edge(exits[e])]++;
        nodes[to] = exits[e];
        if (repeats) {
          ended[to] = exitTurns[e];
        }
      }
      return new TokenClass(masks(), nodes, ended, starts);
    }

    private TokenMask[] masks() {
      int[] starts = new int[mostTurns + 2];
      for (int i = 0; i < insideCount; i++) {
        starts[turns[i] + 1]++;
      }
      for (int i = 0; i <= mostTurns; i++) {
        starts[i + 1] += starts[i];
      }
      int[] next = starts.clone();
      int[] byTurns = new int[insideCount];
      for (int i = 0; i < insideCount; i++) {
        byTurns[next[turns[i]]++] = vocabulary.sorted(places[i]);
      }
      TokenMask[] masks = new TokenMask[mostTurns];
      TokenMask.Builder mask = new TokenMask.Builder(vocabulary.size());
      for (int taken = 1; taken <= mostTurns; taken++) {
        for (int t = starts[taken]; t < starts[taken + 1]; t++) {
          mask.add(byTurns[t]);
        }
        masks[taken - 1] = mask.build();
      }
      return masks;
    }
  }
}
