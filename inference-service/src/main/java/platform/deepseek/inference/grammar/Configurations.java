package platform.deepseek.inference.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import platform.deepseek.inference.grammar.Node.Call;
import platform.deepseek.inference.grammar.Node.End;
import platform.deepseek.inference.grammar.Node.Fork;
import platform.deepseek.inference.grammar.Node.Loop;
import platform.deepseek.inference.grammar.Node.Terminal;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;
import platform.deepseek.inference.sampling.Work;

/**
 * The configurations of one grammar that have been met, each once: an automaton made while it runs.
 * When it has grown large, sequences move to a new one and this one is forgotten.
 */
final class Configurations {

  private static final int MOST_MASKS = 256;
  private static final int MOST_POSITIONS = 4_096;

  /** Places of the grammar that one byte may lead through. */
  private static final int MOST_PLACES = 32_768;

  /** What a place, or a position that is made, takes of {@link Work}. */
  private static final int PLACE_WORK = 20;

  /** A configuration weighs as much memory as so many positions: its next ones are a table. */
  private static final int TABLE_WEIGHT = 32;

  private static final int FULL_WEIGHT = 4_096 * TABLE_WEIGHT;

  /** About 60 MB: more than any mask is worth. */
  private static final int MOST_WEIGHT = 1_000_000;

  private record Key(List<Position> positions, boolean accepting) {}

  private final TokenVocabulary vocabulary;
  private final Map<Frame, Frame> frames = new ConcurrentHashMap<>();
  private final Map<Key, Configuration> configurations = new ConcurrentHashMap<>();
  private final AtomicInteger masks = new AtomicInteger();
  private final AtomicInteger weight = new AtomicInteger();
  private final Configuration dead = new Configuration(this, new Position[0], false);

  Configurations(TokenVocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  boolean isFull() {
    return weight.get() > FULL_WEIGHT || masks.get() > MOST_MASKS;
  }

  /** Where a text begins that is read from this place on. */
  Configuration from(Node entry, Frame below, Work work) {
    Reading reading = new Reading();
    try {
      reading.enter(entry, below);
      return reading.end();
    } finally {
      work.spend(reading.places * (long) PLACE_WORK);
    }
  }

  Configuration next(Configuration from, int value, Work work) {
    Reading reading = new Reading();
    try {
      for (Position position : from.positions()) {
        reading.read(position, value);
      }
      return reading.end();
    } finally {
      work.spend(reading.places * (long) PLACE_WORK);
    }
  }

  /** These ways to read the text, and no others. */
  Configuration of(List<Position> positions) {
    return configuration(List.copyOf(positions), false);
  }

  /** The same configuration, of this space. */
  Configuration adopt(Configuration other) {
    Map<Frame, Frame> adopted = new IdentityHashMap<>();
    Position[] moved = new Position[other.positions().length];
    for (int i = 0; i < moved.length; i++) {
      Position position = other.positions()[i];
      moved[i] =
          new Position(
              position.terminal(),
              position.state(),
              position.least(),
              position.most(),
              adopt(position.below(), adopted));
    }
    return configuration(List.of(moved), other.accepting());
  }

  /** Stacks have frames in common, and each is adopted once. */
  private Frame adopt(Frame frame, Map<Frame, Frame> adopted) {
    Deque<Frame> stack = new ArrayDeque<>();
    Frame known = frame;
    while (known != null && !adopted.containsKey(known)) {
      stack.push(known);
      known = known.below;
    }
    Frame below = known == null ? null : adopted.get(known);
    for (Frame f : stack) {
      below = push(f.node, f.least, f.most, below);
      adopted.put(f, below);
    }
    return below;
  }

  /** The same reading with nothing but the marker ahead, where text up to a marker is read. */
  Configuration closing(Configuration from) {
    List<Position> closing = new ArrayList<>();
    for (Position position : from.positions()) {
      Terminal terminal = position.terminal();
      closing.add(
          terminal.closing == null
              ? position
              : new Position(terminal.closing, position.state(), 1, 1, position.below()));
    }
    return configuration(closing, from.accepting());
  }

  MaskWalk walk(Configuration configuration) {
    masks.incrementAndGet();
    return new MaskWalk(vocabulary, configuration);
  }

  private Frame push(Node node, int least, int most, Frame below) {
    Frame frame = new Frame(node, least, most, below);
    Frame known = frames.putIfAbsent(frame, frame);
    if (known == null) {
      weigh(1);
    }
    return known == null ? frame : known;
  }

  private Configuration configuration(List<Position> positions, boolean accepting) {
    if (positions.isEmpty() && !accepting) {
      return dead;
    }
    if (positions.size() > MOST_POSITIONS) {
      throw new AmbiguousGrammarException(positions.size(), MOST_POSITIONS);
    }
    return configurations.computeIfAbsent(
        new Key(positions, accepting),
        key -> {
          weigh(TABLE_WEIGHT + positions.size());
          return new Configuration(this, key.positions().toArray(Position[]::new), accepting);
        });
  }

  private void weigh(int more) {
    if (weight.addAndGet(more) > MOST_WEIGHT) {
      throw new ConstraintTooCostlyException(
          ("what the grammar allows at one place takes more than %,d places and ways to read;"
                  + " make fewer of its alternatives begin alike")
              .formatted(MOST_WEIGHT));
    }
  }

  /** One byte's way through all positions, or the way to the first byte. */
  private final class Reading {

    private record Place(Node node, Frame below) {}

    private final Set<Position> reached = new LinkedHashSet<>();
    private boolean accepting;
    private int places;

    private void pass() {
      if (++places > MOST_PLACES) {
        throw new AmbiguousGrammarException(places, MOST_PLACES);
      }
    }

    void read(Position position, int value) {
      pass();
      Terminal terminal = position.terminal();
      int state = terminal.automaton.next(position.state(), value);
      if (state == Automaton.DEAD) {
        return;
      }
      boolean ended = terminal.automaton.accepts(state);
      if (!terminal.repeats) {
        if (!terminal.automaton.ends(state)) {
          reached.add(new Position(terminal, state, 1, 1, position.below()));
        }
        if (ended) {
          enter(terminal.next, position.below());
        }
      } else if (!ended) {
        reached.add(
            new Position(terminal, state, position.least(), position.most(), position.below()));
      } else {
        turns(terminal, fewer(position.least()), fewer(position.most()), position.below());
      }
    }

    private void turns(Terminal terminal, int least, int most, Frame below) {
      if (most != 0) {
        reached.add(new Position(terminal, 0, least, most, below));
      }
      if (least == 0) {
        enter(terminal.next, below);
      }
    }

    private void turn(
        Loop loop, int least, int most, Frame below, Set<Frame> pushed, Deque<Place> open) {
      if (least == 0) {
        open.push(new Place(loop.next, below));
      }
      if (most != 0) {
        Frame frame = push(loop, least, most, below);
        pushed.add(frame);
        open.push(new Place(loop.body, frame));
      }
    }

    Configuration end() {
      return configuration(List.copyOf(reached), accepting);
    }

    /** One turn less; UNBOUNDED and 0 stay. */
    private static int fewer(int turns) {
      return turns > 0 ? turns - 1 : turns;
    }

    /**
     * Goes on to all terminals that may come next. A turn of a loop that has read nothing is
     * dropped: it comes back to a frame that was pushed on the way here.
     */
    void enter(Node first, Frame stack) {
      Set<Place> seen = new HashSet<>();
      Set<Frame> pushed = new HashSet<>();
      Deque<Place> open = new ArrayDeque<>();
      open.push(new Place(first, stack));
      while (!open.isEmpty()) {
        Place place = open.pop();
        pass();
        if (place.node() != End.END && !seen.add(place)) {
          continue;
        }
        Frame below = place.below();
        switch (place.node()) {
          case Terminal terminal -> {
            if (terminal.most != 0 && !terminal.automaton.ends(0)) {
              reached.add(new Position(terminal, 0, terminal.least, terminal.most, below));
            }
            if (terminal.mayBeEmpty()) {
              open.push(new Place(terminal.next, below));
            }
          }
          case Call call -> {
            Frame frame = call.next == End.END ? below : push(call.next, 0, 0, below);
            open.push(new Place(call.rule.entry, frame));
          }
          case Fork fork -> {
            for (int i = fork.options.length - 1; i >= 0; i--) {
              open.push(new Place(fork.options[i], below));
            }
          }
          case Loop loop -> turn(loop, loop.least, loop.most, below, pushed, open);
          case End end -> {
            if (below == null) {
              accepting = true;
            } else if (below.most == 0 || !(below.node instanceof Loop loop)) {
              open.push(new Place(below.node, below.below));
            } else if (!pushed.contains(below)) {
              turn(loop, fewer(below.least), fewer(below.most), below.below, pushed, open);
            }
          }
        }
      }
    }
  }
}
