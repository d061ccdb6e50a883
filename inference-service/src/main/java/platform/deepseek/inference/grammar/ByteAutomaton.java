package platform.deepseek.inference.grammar;

import java.util.Arrays;
import java.util.BitSet;

/**
 * A deterministic finite automaton over bytes. State 0 is the start; every state can reach an
 * accepting one.
 */
public final class ByteAutomaton {

  /** There is no next state: the byte is not allowed. */
  public static final int NOWHERE = -1;

  private final int[] next;
  private final BitSet accepting;

  /**
   * @param next 256 next states per state, NOWHERE where there is none
   */
  public ByteAutomaton(int[] next, BitSet accepting) {
    this.next = next.clone();
    this.accepting = (BitSet) accepting.clone();
  }

  public int states() {
    return next.length / 256;
  }

  /**
   * @param value 0 to 255
   */
  public int next(int state, int value) {
    return next[state * 256 + value];
  }

  public boolean accepts(int state) {
    return accepting.get(state);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ByteAutomaton automaton
        && Arrays.equals(next, automaton.next)
        && accepting.equals(automaton.accepting);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(next) + accepting.hashCode();
  }
}
