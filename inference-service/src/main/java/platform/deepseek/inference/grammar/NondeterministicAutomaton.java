package platform.deepseek.inference.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Thompson's automaton of a regular expression over bytes, to be made deterministic by the subset
 * construction. State 0 is the start and no edge leads back to it, so that the deterministic start
 * is not entered again either: a repetition knows by its state alone whether a turn has begun.
 */
final class NondeterministicAutomaton {

  private final List<int[]> edges = new ArrayList<>();
  private final List<int[]> silent = new ArrayList<>();

  NondeterministicAutomaton() {
    state();
  }

  int state() {
    edges.add(new int[0]);
    silent.add(new int[0]);
    return edges.size() - 1;
  }

  void edge(int from, int first, int last, int to) {
    edges.set(from, append(edges.get(from), first, last, to));
  }

  void silent(int from, int to) {
    silent.set(from, append(silent.get(from), to));
  }

  private static int[] append(int[] array, int... values) {
    int[] longer = Arrays.copyOf(array, array.length + values.length);
    System.arraycopy(values, 0, longer, array.length, values.length);
    return longer;
  }

  /** Empty where there would be more states than that. */
  Optional<Automaton> deterministic(int end, int mostStates) {
    Automaton.Builder builder = new Automaton.Builder();
    Map<BitSet, Integer> numbers = new HashMap<>();
    Deque<BitSet> open = new ArrayDeque<>();
    BitSet start = closure(new int[] {0});
    numbers.put(start, builder.state(start.get(end)));
    open.add(start);
    while (!open.isEmpty()) {
      BitSet from = open.remove();
      int number = numbers.get(from);
      int[] cuts = cuts(from);
      for (int c = 0; c + 1 < cuts.length; c++) {
        int first = cuts[c];
        BitSet to = closure(targets(from, first));
        if (to.isEmpty()) {
          continue;
        }
        Integer known = numbers.get(to);
        if (known == null) {
          if (numbers.size() == mostStates) {
            return Optional.empty();
          }
          known = builder.state(to.get(end));
          numbers.put(to, known);
          open.add(to);
        }
        builder.edge(number, first, cuts[c + 1] - 1, known);
      }
    }
    return Optional.of(builder.build().minimal());
  }

  private int[] cuts(BitSet states) {
    BitSet cuts = new BitSet(257);
    for (int s = states.nextSetBit(0); s >= 0; s = states.nextSetBit(s + 1)) {
      int[] of = edges.get(s);
      for (int e = 0; e < of.length; e += 3) {
        cuts.set(of[e]);
        cuts.set(of[e + 1] + 1);
      }
    }
    return cuts.stream().toArray();
  }

  private int[] targets(BitSet states, int value) {
    BitSet targets = new BitSet();
    for (int s = states.nextSetBit(0); s >= 0; s = states.nextSetBit(s + 1)) {
      int[] of = edges.get(s);
      for (int e = 0; e < of.length; e += 3) {
        if (of[e] <= value && value <= of[e + 1]) {
          targets.set(of[e + 2]);
        }
      }
    }
    return targets.stream().toArray();
  }

  private BitSet closure(int[] states) {
    BitSet closure = new BitSet();
    Deque<Integer> open = new ArrayDeque<>();
    for (int state : states) {
      closure.set(state);
      open.add(state);
    }
    while (!open.isEmpty()) {
      for (int to : silent.get(open.remove())) {
        if (!closure.get(to)) {
          closure.set(to);
          open.add(to);
        }
      }
    }
    return closure;
  }
}
