package platform.deepseek.inference.text;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/*
 * Cuts a stream of text at the first stop string. It is the automaton of Aho and Corasick (1975):
 * the state after each char is the longest end of the text that begins some stop string, so its
 * depth is exactly how much must be held back, and each char costs constant time however the
 * stop strings overlap.
 *
 * "First" is the stop string that is complete first; of several complete at the same char the
 * longest. That can be decided while reading, so any split of the text gives the same result.
 */
/** Holds back text that may become a stop string. For one sequence, not for several threads. */
public final class StopMatcher {

  public static final int MAXIMUM_STOP_STRINGS = 16;

  private static final class State {
    private final Map<Character, State> next = new HashMap<>();
    private final int depth;
    private State fallback;
    private String match;

    private State(int depth) {
      this.depth = depth;
    }
  }

  private final State root;
  private final StringBuilder held = new StringBuilder();
  private State state;
  private String matched;

  /**
   * @param stops up to 16 strings, none empty
   * @throws IllegalArgumentException for too many or an empty one
   */
  public StopMatcher(Collection<String> stops) {
    this(automaton(stops));
  }

  private StopMatcher(State root) {
    this.root = root;
    state = root;
  }

  /** For the same stop strings in another text. */
  public StopMatcher ofAnotherText() {
    return new StopMatcher(root);
  }

  /** Text that is certain to come before any stop string; empty once one was found. */
  public String append(String text) {
    if (matched != null) {
      return "";
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      held.append(c);
      state = follow(root, state, c);
      if (state.match != null) {
        matched = state.match;
        return release(matched.length(), true);
      }
    }
    return release(state.depth, false);
  }

  /** The end of the text: what was held back was no stop string after all. */
  public String flush() {
    state = root;
    return matched != null ? "" : release(0, false);
  }

  /** The stop string that was found, if any. */
  public Optional<String> matched() {
    return Optional.ofNullable(matched);
  }

  private String release(int keep, boolean dropRest) {
    String text = held.substring(0, held.length() - keep);
    held.delete(0, dropRest ? held.length() : text.length());
    return text;
  }

  private static State automaton(Collection<String> stops) {
    if (stops.size() > MAXIMUM_STOP_STRINGS) {
      throw new IllegalArgumentException(
          "%d stop strings given, at most %d are possible: leave some out."
              .formatted(stops.size(), MAXIMUM_STOP_STRINGS));
    }
    var root = new State(0);
    for (String stop : stops) {
      if (stop.isEmpty()) {
        throw new IllegalArgumentException("A stop string is empty: leave it out.");
      }
      var at = root;
      for (int i = 0; i < stop.length(); i++) {
        int depth = i + 1;
        at = at.next.computeIfAbsent(stop.charAt(i), c -> new State(depth));
      }
      at.match = stop;
    }
    root.fallback = root;
    var breadthFirst = new ArrayDeque<State>();
    breadthFirst.add(root);
    while (!breadthFirst.isEmpty()) {
      var parent = breadthFirst.remove();
      parent.next.forEach(
          (c, child) -> {
            child.fallback = parent == root ? root : follow(root, parent.fallback, c);
            if (child.match == null) {
              child.match = child.fallback.match;
            }
            breadthFirst.add(child);
          });
    }
    return root;
  }

  private static State follow(State root, State from, char c) {
    var at = from;
    while (at != root && !at.next.containsKey(c)) {
      at = at.fallback;
    }
    return at.next.getOrDefault(c, root);
  }
}
