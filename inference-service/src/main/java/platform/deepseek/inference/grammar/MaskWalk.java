package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the tokens that a configuration allows.
 *
 * <p>A position in which few bytes may come next is walked: down the trie of the vocabulary, byte
 * by byte, whole subtrees left out. One in which many may come (inside of a string, in free text)
 * would visit most of the vocabulary; it takes the set of its {@link TokenClass} instead and walks
 * just the trees below the edges on which its text may end.
 */
final class MaskWalk {

  private final TokenVocabulary vocabulary;
  private final TokenMask.Builder mask;
  private final Configuration[] path;

  MaskWalk(TokenVocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.mask = new TokenMask.Builder(vocabulary.size());
    this.path = new Configuration[vocabulary.longest() + 1];
  }

  TokenMask of(Configuration configuration) {
    List<Position> narrow = new ArrayList<>();
    for (Position position : configuration.positions()) {
      if (position.terminal().isWide(position.state())) {
        addClass(position, configuration.space());
      } else {
        narrow.add(position);
      }
    }
    if (!narrow.isEmpty()) {
      walk(configuration.space().of(narrow), 0, vocabulary.nodes());
    }
    if (configuration.accepting()) {
      for (int token : vocabulary.stopTokens()) {
        mask.add(token);
      }
    }
    return mask.build();
  }

  private void addClass(Position position, Configurations space) {
    Node.Terminal terminal = position.terminal();
    TokenClass tokens = terminal.classes.get(position.state());
    mask.addAll(tokens.inside(position.most()));
    Configuration behind = space.from(terminal.next, position.below());
    for (int value = 0; value < 256; value++) {
      int first = tokens.exitStart(value);
      int last = tokens.exitStart(value + 1);
      if (first == last) {
        continue;
      }
      Configuration after = behind.next(value);
      if (after.isDead()) {
        continue;
      }
      for (int exit = first; exit < last; exit++) {
        if (!terminal.repeats || fits(position, tokens.exitTurns(exit))) {
          int node = tokens.exitNode(exit);
          addTokens(node);
          walk(after, node + 1, vocabulary.end(node));
        }
      }
    }
  }

  private static boolean fits(Position position, int turns) {
    return turns >= position.least()
        && (position.most() == Expression.UNBOUNDED || turns <= position.most());
  }

  /** All nodes from the first on have to have the same parent as it, or be below such ones. */
  private void walk(Configuration from, int first, int end) {
    if (first >= end) {
      return;
    }
    int top = vocabulary.depth(first);
    path[top] = from;
    for (int node = first; node < end; ) {
      int depth = vocabulary.depth(node);
      Configuration next = path[depth].next(vocabulary.edge(node));
      if (next.isDead()) {
        node = vocabulary.end(node);
      } else {
        path[depth + 1] = next;
        addTokens(node);
        node++;
      }
    }
  }

  private void addTokens(int node) {
    int end = vocabulary.tokenStart(node + 1);
    for (int t = vocabulary.tokenStart(node); t < end; t++) {
      mask.add(vocabulary.sorted(t));
    }
  }
}
