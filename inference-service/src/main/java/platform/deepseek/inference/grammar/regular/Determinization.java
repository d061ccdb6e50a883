package platform.deepseek.inference.grammar.regular;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * From an expression to a deterministic automaton: Thompson's construction, then subsets. Anchors
 * are edges without a character that may be taken only before the first or after the last one.
 */
final class Determinization {

  private static final int LARGEST_PLAN = 200_000;
  private static final long MOST_WORK = 20_000_000;

  private enum Kind {
    CHARACTER,
    FREE,
    AT_START,
    AT_END
  }

  private record Edge(Kind kind, CodePointSet set, int target) {}

  private final List<List<Edge>> edges = new ArrayList<>();
  private final List<CodePointSet> sets = new ArrayList<>();

  /** From here every text is accepted, so the rest of a subset does not matter; -1 if none. */
  private int everything = -1;

  private long work;

  private Determinization() {}

  /** The texts that match as a whole. */
  static CharacterAutomaton whole(RegularExpression expression) {
    var plan = new Determinization();
    int start = plan.state();
    return plan.subsets(start, plan.add(expression, start));
  }

  /** The texts in which some part matches. */
  static CharacterAutomaton search(RegularExpression expression) {
    var plan = new Determinization();
    int start = plan.state();
    plan.sets.add(CodePointSet.ALL);
    plan.edges.get(start).add(new Edge(Kind.CHARACTER, CodePointSet.ALL, start));
    int end = plan.add(expression, start);
    plan.edges.get(end).add(new Edge(Kind.CHARACTER, CodePointSet.ALL, end));
    plan.everything = end;
    return plan.subsets(start, end);
  }

  private int state() {
    if (edges.size() == LARGEST_PLAN) {
      throw new TooManyStatesException("states before it is made deterministic", LARGEST_PLAN);
    }
    edges.add(new ArrayList<>(2));
    return edges.size() - 1;
  }

  private int step(int from, Kind kind, CodePointSet set) {
    int target = state();
    edges.get(from).add(new Edge(kind, set, target));
    return target;
  }

  private void join(int from, int to) {
    edges.get(from).add(new Edge(Kind.FREE, null, to));
  }

  /** Returns where the expression ends when it starts in a state. */
  private int add(RegularExpression expression, int from) {
    return switch (expression) {
      case RegularExpression.Characters(CodePointSet set) -> {
        sets.add(set);
        yield step(from, Kind.CHARACTER, set);
      }
      case RegularExpression.Sequence(List<RegularExpression> parts) -> {
        int at = from;
        for (var part : parts) {
          at = add(part, at);
        }
        yield at;
      }
      case RegularExpression.Alternatives(List<RegularExpression> options) -> {
        int end = state();
        for (var option : options) {
          join(add(option, step(from, Kind.FREE, null)), end);
        }
        yield end;
      }
      case RegularExpression.Repetition(RegularExpression body, int least, int most) ->
          repeat(body, least, most, from);
      case RegularExpression.Start() -> step(from, Kind.AT_START, null);
      case RegularExpression.End() -> step(from, Kind.AT_END, null);
    };
  }

  private int repeat(RegularExpression body, int least, int most, int from) {
    int at = from;
    for (int i = 0; i < least; i++) {
      at = bounded(body, at);
    }
    int end = state();
    if (most == RegularExpression.UNBOUNDED) {
      int loop = step(at, Kind.FREE, null);
      join(add(body, loop), loop);
      join(loop, end);
      return end;
    }
    join(at, end);
    for (int i = least; i < most; i++) {
      at = bounded(body, at);
      join(at, end);
    }
    return end;
  }

  /** A repetition of nothing would go on without taking states. */
  private int bounded(RegularExpression body, int from) {
    int before = edges.size();
    int end = add(body, from);
    return edges.size() == before ? step(end, Kind.FREE, null) : end;
  }

  private CharacterAutomaton subsets(int start, int end) {
    var classes = Classes.of(sets);
    var classesOf = new HashMap<CodePointSet, int[]>();
    for (var set : sets) {
      classesOf.computeIfAbsent(set, classes::in);
    }
    var builder = new CharacterAutomaton.Builder(classes);
    var numbers = new HashMap<Subset, Integer>();
    var queue = new ArrayDeque<Subset>();
    // The start keeps a state of its own: the same subset later on is no longer before the text.
    var initial = closure(new int[] {start}, true, false);
    builder.state(accepts(initial, true, end));
    var from = initial;
    int number = 0;
    while (true) {
      var targets = targets(from, classes.count(), classesOf);
      var seen = new HashMap<BitSet, Integer>();
      for (int c = 0; c < targets.length; c++) {
        if (targets[c] == null) {
          continue;
        }
        Integer next = seen.get(targets[c]);
        if (next == null) {
          var reached = closure(targets[c].stream().toArray(), false, false);
          next = numbers.get(reached);
          if (next == null) {
            next = builder.state(accepts(reached, false, end));
            numbers.put(reached, next);
            queue.add(reached);
          }
          seen.put(targets[c], next);
        }
        builder.transition(number, c, next);
      }
      if (queue.isEmpty()) {
        return builder.build();
      }
      from = queue.remove();
      number = numbers.get(from);
    }
  }

  private BitSet[] targets(Subset subset, int count, Map<CodePointSet, int[]> classesOf) {
    var targets = new BitSet[count];
    for (int state : subset.states()) {
      for (var edge : edges.get(state)) {
        if (edge.kind() == Kind.CHARACTER) {
          for (int c : classesOf.get(edge.set())) {
            worked(1);
            if (targets[c] == null) {
              targets[c] = new BitSet();
            }
            targets[c].set(edge.target());
          }
        }
      }
    }
    return targets;
  }

  private boolean accepts(Subset subset, boolean first, int end) {
    int[] last = closure(subset.states(), first, true).states();
    return Arrays.binarySearch(last, end) >= 0;
  }

  private Subset closure(int[] states, boolean first, boolean last) {
    var reached = new BitSet();
    var stack = new ArrayDeque<Integer>();
    for (int state : states) {
      reached.set(state);
      stack.push(state);
    }
    while (!stack.isEmpty()) {
      worked(1);
      for (var edge : edges.get(stack.pop())) {
        boolean open =
            switch (edge.kind()) {
              case CHARACTER -> false;
              case FREE -> true;
              case AT_START -> first;
              case AT_END -> last;
            };
        if (open && !reached.get(edge.target())) {
          reached.set(edge.target());
          stack.push(edge.target());
        }
      }
    }
    if (everything >= 0 && reached.get(everything)) {
      return new Subset(new int[] {everything});
    }
    return new Subset(reached.stream().toArray());
  }

  private void worked(int steps) {
    work += steps;
    if (work > MOST_WORK) {
      throw new TooManyStatesException("steps to be made deterministic", MOST_WORK);
    }
  }

  private record Subset(int[] states) {

    @Override
    public boolean equals(Object other) {
      return other instanceof Subset subset && Arrays.equals(states, subset.states);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(states);
    }
  }
}
