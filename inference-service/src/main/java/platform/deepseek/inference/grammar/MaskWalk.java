package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.sampling.Work;

/**
 * Finds the tokens that a configuration allows, in as many goes as it takes.
 *
 * <p>A position in which few bytes may come next is walked: down the trie of the vocabulary, byte
 * by byte, whole subtrees left out. One in which many may come (inside of a string, in free text)
 * would visit most of the vocabulary; it takes the set of its {@link TokenClass} instead and walks
 * just the trees below the edges on which its text may end.
 */
final class MaskWalk {

  private static final int BYTES = 256;

  private final TokenVocabulary vocabulary;
  private final TokenMask.Builder mask;
  private final Configurations space;
  private final boolean accepting;

  /** Positions in which many bytes may come, and how many of them have been begun. */
  private final List<Position> wide = new ArrayList<>();

  private int begun;

  /** Of the wide position that is looked at: its class, and what follows its text. */
  private TokenClass tokens;

  private Position position;
  private Configuration behind;

  /** The byte behind its text, what that leads to, and the exits with this byte that are left. */
  private int value;

  private Configuration after;
  private int exit;
  private int lastExit;

  /** The part of the trie that is walked: the next node, its end, and where each depth has led. */
  private int node;

  private int end;
  private final Configuration[] path;

  MaskWalk(TokenVocabulary vocabulary, Configuration configuration) {
    this.vocabulary = vocabulary;
    this.mask = new TokenMask.Builder(vocabulary.size());
    this.path = new Configuration[vocabulary.longest() + 1];
    this.space = configuration.space();
    this.accepting = configuration.accepting();
    List<Position> narrow = new ArrayList<>();
    for (Position each : configuration.positions()) {
      (each.terminal().isWide(each.state()) ? wide : narrow).add(each);
    }
    if (!narrow.isEmpty()) {
      begin(space.of(narrow), 0, vocabulary.nodes());
    }
  }

  /** Null while there is work left to do. */
  TokenMask goOn(Work work) {
    while (walk(work)) {
      if (exit < lastExit) {
        leave(exit++, work);
      } else if (tokens != null && value < BYTES) {
        follow(value++, work);
      } else if (begun < wide.size()) {
        open(wide.get(begun++), work);
      } else {
        return whole();
      }
    }
    return null;
  }

  private TokenMask whole() {
    if (accepting) {
      for (int token : vocabulary.stopTokens()) {
        mask.add(token);
      }
    }
    return mask.build();
  }

  private void open(Position opened, Work work) {
    position = opened;
    Node.Terminal terminal = position.terminal();
    if (!terminal.classes.isKnown(position.state())) {
      work.spend(vocabulary.nodes());
    }
    tokens = terminal.classes.get(position.state());
    mask.addAll(tokens.inside(position.most()));
    work.spend(vocabulary.size() / Long.SIZE);
    behind = space.from(terminal.next, position.below(), work);
    value = 0;
  }

  private void follow(int next, Work work) {
    int first = tokens.exitStart(next);
    if (first == tokens.exitStart(next + 1)) {
      return;
    }
    after = behind.next(next, work);
    if (!after.isDead()) {
      exit = first;
      lastExit = tokens.exitStart(next + 1);
    }
  }

  private void leave(int left, Work work) {
    work.spend(1);
    if (!position.terminal().repeats || fits(position, tokens.exitTurns(left))) {
      int reached = tokens.exitNode(left);
      addTokens(reached);
      begin(after, reached + 1, vocabulary.end(reached));
    }
  }

  private static boolean fits(Position position, int turns) {
    return turns >= position.least()
        && (position.most() == Expression.UNBOUNDED || turns <= position.most());
  }

  /** All nodes from the first on have to have the same parent as it, or be below such ones. */
  private void begin(Configuration from, int first, int behindLast) {
    node = first;
    end = behindLast;
    if (first < behindLast) {
      path[vocabulary.depth(first)] = from;
    }
  }

  /** False where the work is spent before the end. */
  private boolean walk(Work work) {
    while (!work.isSpent()) {
      if (node >= end) {
        return true;
      }
      work.spend(1);
      int depth = vocabulary.depth(node);
      Configuration next = path[depth].next(vocabulary.edge(node), work);
      if (next.isDead()) {
        node = vocabulary.end(node);
      } else {
        path[depth + 1] = next;
        addTokens(node);
        node++;
      }
    }
    return false;
  }

  private void addTokens(int of) {
    int last = vocabulary.tokenStart(of + 1);
    for (int t = vocabulary.tokenStart(of); t < last; t++) {
      mask.add(vocabulary.sorted(t));
    }
  }
}
