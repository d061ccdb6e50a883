package platform.deepseek.inference.grammar.regular;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A deterministic finite automaton over code points: a regular language. State 0 is the start;
 * every other state can reach an accepting one.
 */
public final class CharacterAutomaton {

  /** There is no next state: the character is not allowed. */
  public static final int NOWHERE = -1;

  /** States of the largest automaton that is built. */
  public static final int MOST_STATES = 10_000;

  /** Every text; what a complement is taken from, because no text has a surrogate. */
  public static final CharacterAutomaton EVERYTHING =
      matching(
          new RegularExpression.Repetition(
              new RegularExpression.Characters(CodePointSet.ALL), 0, RegularExpression.UNBOUNDED));

  private final Classes classes;
  private final int[] next;
  private final BitSet accepting;

  private CharacterAutomaton(Classes classes, int[] next, BitSet accepting) {
    this.classes = classes;
    this.next = next;
    this.accepting = accepting;
  }

  /**
   * The texts that an expression matches as a whole.
   *
   * @throws TooManyStatesException past MOST_STATES
   */
  public static CharacterAutomaton matching(RegularExpression expression) {
    return Determinization.whole(expression);
  }

  /** The texts that contain a match of an expression, as JSON Schema reads patterns. */
  public static CharacterAutomaton containing(RegularExpression expression) {
    return Determinization.search(expression);
  }

  /** How an automaton moves whose states are values. */
  public interface Transitions<S> {
    Optional<S> next(S state, char character);
  }

  /** The automaton whose states are found by trying every character of an alphabet. */
  public static <S> CharacterAutomaton explored(
      S start, String alphabet, Transitions<S> transitions, Predicate<S> accepts) {
    var sets = new ArrayList<CodePointSet>();
    for (char c : alphabet.toCharArray()) {
      sets.add(CodePointSet.of(c, c));
    }
    var classes = Classes.of(sets);
    var builder = new Builder(classes);
    var numbers = new HashMap<S, Integer>();
    var queue = new ArrayDeque<S>();
    numbers.put(start, builder.state(accepts.test(start)));
    queue.add(start);
    while (!queue.isEmpty()) {
      S state = queue.remove();
      int number = numbers.get(state);
      for (char c : alphabet.toCharArray()) {
        var reached = transitions.next(state, c);
        if (reached.isEmpty()) {
          continue;
        }
        Integer target = numbers.get(reached.get());
        if (target == null) {
          target = builder.state(accepts.test(reached.get()));
          numbers.put(reached.get(), target);
          queue.add(reached.get());
        }
        builder.transition(number, classes.of(c), target);
      }
    }
    return builder.build();
  }

  public int states() {
    return next.length / classes.count();
  }

  public boolean accepts(int state) {
    return accepting.get(state);
  }

  public boolean accepts(String text) {
    int state = 0;
    for (int codePoint : text.codePoints().toArray()) {
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        return false;
      }
      state = nextByClass(state, classes.of(codePoint));
      if (state == NOWHERE) {
        return false;
      }
    }
    return accepting.get(state);
  }

  public boolean isEmpty() {
    return accepting.isEmpty();
  }

  /** The texts of both languages. */
  public CharacterAutomaton and(CharacterAutomaton other) {
    var meet = Classes.meet(classes, other.classes);
    int[] mine = new int[meet.count()];
    int[] others = new int[meet.count()];
    for (int i = 0; i < meet.intervals(); i++) {
      mine[meet.ofInterval(i)] = classes.of(meet.first(i));
      others[meet.ofInterval(i)] = other.classes.of(meet.first(i));
    }
    var builder = new Builder(meet);
    var numbers = new HashMap<Long, Integer>();
    var queue = new ArrayDeque<Long>();
    numbers.put(0L, builder.state(accepts(0) && other.accepts(0)));
    queue.add(0L);
    while (!queue.isEmpty()) {
      long pair = queue.remove();
      int number = numbers.get(pair);
      for (int c = 0; c < meet.count(); c++) {
        int one = nextByClass((int) (pair >>> Integer.SIZE), mine[c]);
        int two = other.nextByClass((int) pair, others[c]);
        if (one == NOWHERE || two == NOWHERE) {
          continue;
        }
        long reached = ((long) one << Integer.SIZE) | two;
        Integer target = numbers.get(reached);
        if (target == null) {
          target = builder.state(accepts(one) && other.accepts(two));
          numbers.put(reached, target);
          queue.add(reached);
        }
        builder.transition(number, c, target);
      }
    }
    return builder.build();
  }

  /** The texts that are not of this language. */
  public CharacterAutomaton complement() {
    var builder = new Builder(classes);
    int sink = states();
    for (int state = 0; state < sink; state++) {
      builder.state(!accepts(state));
    }
    builder.state(true);
    for (int state = 0; state <= sink; state++) {
      for (int c = 0; c < classes.count(); c++) {
        int target = state == sink ? NOWHERE : nextByClass(state, c);
        builder.transition(state, c, target == NOWHERE ? sink : target);
      }
    }
    return builder.build().and(EVERYTHING);
  }

  /** The moves out of a state, sorted by character; neighbours lead to different states. */
  List<Move> moves(int state) {
    var moves = new ArrayList<Move>();
    for (int i = 0; i < classes.intervals(); i++) {
      int target = nextByClass(state, classes.ofInterval(i));
      if (target == NOWHERE) {
        continue;
      }
      var last = moves.isEmpty() ? null : moves.getLast();
      if (last != null && last.target() == target && last.last() + 1 == classes.first(i)) {
        moves.set(moves.size() - 1, new Move(last.first(), classes.last(i), target));
      } else {
        moves.add(new Move(classes.first(i), classes.last(i), target));
      }
    }
    return moves;
  }

  /** Code points from first to last lead to a state. */
  record Move(int first, int last, int target) {}

  private int nextByClass(int state, int characterClass) {
    return next[state * classes.count() + characterClass];
  }

  /** Collects states and transitions, and drops what cannot reach an accepting state. */
  static final class Builder {

    private final Classes classes;
    private final List<int[]> rows = new ArrayList<>();
    private final BitSet accepting = new BitSet();

    Builder(Classes classes) {
      this.classes = classes;
    }

    int state(boolean accepts) {
      if (rows.size() == MOST_STATES) {
        throw new TooManyStatesException("states", MOST_STATES);
      }
      int[] row = new int[classes.count()];
      Arrays.fill(row, NOWHERE);
      accepting.set(rows.size(), accepts);
      rows.add(row);
      return rows.size() - 1;
    }

    void transition(int from, int characterClass, int to) {
      rows.get(from)[characterClass] = to;
    }

    CharacterAutomaton build() {
      var live = live();
      live.set(0);
      int[] renumbered = new int[rows.size()];
      int count = 0;
      for (int state = 0; state < rows.size(); state++) {
        renumbered[state] = live.get(state) ? count++ : NOWHERE;
      }
      int[] next = new int[count * classes.count()];
      var accepts = new BitSet(count);
      for (int state = live.nextSetBit(0); state >= 0; state = live.nextSetBit(state + 1)) {
        accepts.set(renumbered[state], accepting.get(state));
        int[] row = rows.get(state);
        for (int c = 0; c < row.length; c++) {
          next[renumbered[state] * classes.count() + c] =
              row[c] == NOWHERE ? NOWHERE : renumbered[row[c]];
        }
      }
      return new CharacterAutomaton(classes, next, accepts);
    }

    private BitSet live() {
      var before = new ArrayList<List<Integer>>();
      rows.forEach(row -> before.add(new ArrayList<>()));
      for (int state = 0; state < rows.size(); state++) {
        for (int target : rows.get(state)) {
          if (target != NOWHERE) {
            before.get(target).add(state);
          }
        }
      }
      var live = (BitSet) accepting.clone();
      var stack = new ArrayDeque<Integer>();
      accepting.stream().forEach(stack::push);
      while (!stack.isEmpty()) {
        for (int state : before.get(stack.pop())) {
          if (!live.get(state)) {
            live.set(state);
            stack.push(state);
          }
        }
      }
      return live;
    }
  }
}
