package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A deterministic automaton over bytes with one column for all bytes that no state tells apart.
 * State 0 is the start; every state can reach an accepting one.
 */
final class Automaton {

  static final int DEAD = -1;

  private final byte[] columnOf;
  private final int columns;
  private final int[] next;
  private final BitSet accepting;
  private final int[] breadth;
  private final int hash;

  private Automaton(byte[] columnOf, int columns, int[] next, BitSet accepting, int[] breadth) {
    this.columnOf = columnOf;
    this.columns = columns;
    this.next = next;
    this.accepting = accepting;
    this.breadth = breadth;
    this.hash =
        31 * (31 * Arrays.hashCode(next) + Arrays.hashCode(columnOf)) + accepting.hashCode();
  }

  int states() {
    return breadth.length;
  }

  /** The next state or DEAD. */
  int next(int state, int value) {
    return next[state * columns + (columnOf[value] & 0xff)];
  }

  boolean accepts(int state) {
    return accepting.get(state);
  }

  /** How many of the 256 bytes lead on from here. */
  int breadth(int state) {
    return breadth[state];
  }

  /** The text cannot go on inside of this automaton. */
  boolean ends(int state) {
    return breadth[state] == 0;
  }

  /** No text of the language is the beginning of another one, and the empty text is not in it. */
  boolean isPrefixFree() {
    return !accepts(0) && accepting.stream().allMatch(this::ends);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Automaton automaton
        && hash == automaton.hash
        && Arrays.equals(columnOf, automaton.columnOf)
        && Arrays.equals(next, automaton.next)
        && accepting.equals(automaton.accepting);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** States of which the same follows are one; the start stays a state of its own. */
  Automaton minimal() {
    int[] block = new int[states()];
    for (int state = 1; state < block.length; state++) {
      block[state] = accepts(state) ? 2 : 1;
    }
    for (int blocks = 0; ; ) {
      Map<List<Integer>, Integer> numbers = new HashMap<>();
      int[] finer = new int[block.length];
      for (int state = 0; state < block.length; state++) {
        List<Integer> signature = new ArrayList<>(List.of(block[state]));
        for (int column = 0; column < columns; column++) {
          int to = next[state * columns + column];
          signature.add(to == DEAD ? DEAD : block[to]);
        }
        finer[state] = numbers.computeIfAbsent(signature, s -> numbers.size());
      }
      block = finer;
      if (numbers.size() == blocks) {
        return merged(block, blocks);
      }
      blocks = numbers.size();
    }
  }

  /** Blocks are numbered in the order of their first states, so 0 is the start's. */
  private Automaton merged(int[] block, int blocks) {
    int[] rows = new int[blocks * columns];
    int[] breadths = new int[blocks];
    BitSet accepted = new BitSet();
    for (int state = 0; state < block.length; state++) {
      for (int column = 0; column < columns; column++) {
        int to = next[state * columns + column];
        rows[block[state] * columns + column] = to == DEAD ? DEAD : block[to];
      }
      breadths[block[state]] = breadth[state];
      accepted.set(block[state], accepts(state));
    }
    return new Automaton(columnOf, columns, rows, accepted, breadths);
  }

  static Automaton of(ByteAutomaton dense) {
    Builder builder = new Builder();
    for (int state = 0; state < dense.states(); state++) {
      builder.state(dense.accepts(state));
    }
    for (int state = 0; state < dense.states(); state++) {
      for (int first = 0; first < 256; ) {
        int to = dense.next(state, first);
        int last = first;
        while (last < 255 && dense.next(state, last + 1) == to) {
          last++;
        }
        if (to != ByteAutomaton.NOWHERE) {
          builder.edge(state, first, last, to);
        }
        first = last + 1;
      }
    }
    return builder.build();
  }

  /** Exactly one of these texts: their trie. */
  static Automaton ofTexts(List<byte[]> texts) {
    Builder builder = new Builder();
    builder.state(false);
    List<int[]> children = new ArrayList<>();
    children.add(new int[0]);
    for (byte[] text : texts) {
      int state = 0;
      for (byte value : text) {
        int to = child(children.get(state), value & 0xff);
        if (to < 0) {
          to = builder.state(false);
          children.add(new int[0]);
          int[] old = children.get(state);
          int[] grown = Arrays.copyOf(old, old.length + 2);
          grown[old.length] = value & 0xff;
          grown[old.length + 1] = to;
          children.set(state, grown);
          builder.edge(state, value & 0xff, value & 0xff, to);
        }
        state = to;
      }
      builder.accept(state);
    }
    return builder.build();
  }

  private static int child(int[] children, int value) {
    for (int i = 0; i < children.length; i += 2) {
      if (children[i] == value) {
        return children[i + 1];
      }
    }
    return DEAD;
  }

  /** Takes states and the edges between them, at most one per state and byte. */
  static final class Builder {

    private final BitSet accepting = new BitSet();
    private final BitSet starts = new BitSet(257);
    private int states;
    private int[] edges = new int[64];
    private int used;

    /** The number of a new state. */
    int state(boolean accepts) {
      accepting.set(states, accepts);
      return states++;
    }

    void accept(int state) {
      accepting.set(state);
    }

    /** Bytes from first to last, both included. */
    void edge(int from, int first, int last, int to) {
      if (used + 4 > edges.length) {
        edges = Arrays.copyOf(edges, edges.length * 2);
      }
      edges[used++] = from;
      edges[used++] = first;
      edges[used++] = last;
      edges[used++] = to;
      starts.set(first);
      starts.set(last + 1);
    }

    Automaton build() {
      byte[] columnOf = new byte[256];
      int columns = 1;
      for (int value = 1; value < 256; value++) {
        columns += starts.get(value) ? 1 : 0;
        columnOf[value] = (byte) (columns - 1);
      }
      int[] next = new int[states * columns];
      int[] breadth = new int[states];
      Arrays.fill(next, DEAD);
      for (int e = 0; e < used; e += 4) {
        int row = edges[e] * columns;
        int last = columnOf[edges[e + 2]] & 0xff;
        for (int column = columnOf[edges[e + 1]] & 0xff; column <= last; column++) {
          next[row + column] = edges[e + 3];
        }
        breadth[edges[e]] += edges[e + 2] - edges[e + 1] + 1;
      }
      return new Automaton(columnOf, columns, next, (BitSet) accepting.clone(), breadth);
    }
  }
}
