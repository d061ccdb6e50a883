package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Automata of free text with regard to a marker: Knuth, Morris and Pratt's automaton of the
 * marker's bytes, side by side with one that lets valid UTF-8 alone pass. All automata of one
 * marker number their states alike.
 */
final class MarkerAutomaton {

  /** Per state of UTF-8: first byte, last byte, next state; state 0 is between two characters. */
  private static final int[][] UTF8 = {
    {
      0x00, 0x7F, 0, 0xC2, 0xDF, 1, 0xE0, 0xE0, 4, 0xE1, 0xEC, 2, 0xED, 0xED, 5, 0xEE, 0xEF, 2,
      0xF0, 0xF0, 6, 0xF1, 0xF3, 3, 0xF4, 0xF4, 7
    },
    {0x80, 0xBF, 0},
    {0x80, 0xBF, 1},
    {0x80, 0xBF, 2},
    {0xA0, 0xBF, 1},
    {0x80, 0x9F, 1},
    {0x90, 0xBF, 2},
    {0x80, 0x8F, 2}
  };

  /** How much of the marker has been seen, in bytes, and the state of UTF-8. */
  private record Place(int seen, int utf8) {}

  private enum Purpose {
    UNTIL,
    WITHOUT,
    CLOSING
  }

  private final byte[] marker;
  private final int[] fallback;

  private MarkerAutomaton(byte[] marker) {
    this.marker = marker;
    this.fallback = new int[marker.length + 1];
    for (int i = 1, seen = 0; i < marker.length; i++) {
      while (seen > 0 && marker[i] != marker[seen]) {
        seen = fallback[seen];
      }
      seen += marker[i] == marker[seen] ? 1 : 0;
      fallback[i + 1] = seen;
    }
  }

  static Automaton anything() {
    return new MarkerAutomaton(new byte[0]).build(Purpose.WITHOUT);
  }

  /** The marker is not empty. */
  static Automaton without(byte[] marker) {
    return new MarkerAutomaton(marker).build(Purpose.WITHOUT);
  }

  /** The marker is not empty. */
  static Automaton until(byte[] marker) {
    return new MarkerAutomaton(marker).build(Purpose.UNTIL);
  }

  /** From any state of {@link #until}: the rest of a begun character, then of the marker. */
  static Automaton closing(byte[] marker) {
    return new MarkerAutomaton(marker).build(Purpose.CLOSING);
  }

  private Automaton build(Purpose purpose) {
    Automaton.Builder builder = new Automaton.Builder();
    Map<Place, Integer> numbers = new HashMap<>();
    List<Place> places = new ArrayList<>();
    number(new Place(0, 0), purpose, builder, numbers, places);
    for (int from = 0; from < places.size(); from++) {
      Place place = places.get(from);
      if (marker.length > 0 && place.seen == marker.length) {
        continue;
      }
      int[] edges = UTF8[place.utf8];
      for (int e = 0; e < edges.length; e += 3) {
        for (int value = edges[e]; value <= edges[e + 1]; value++) {
          int seen = advance(place.seen, (byte) value);
          boolean found = marker.length > 0 && seen == marker.length;
          if (found && purpose == Purpose.WITHOUT) {
            continue;
          }
          int to = number(new Place(seen, edges[e + 2]), purpose, builder, numbers, places);
          if (purpose != Purpose.CLOSING || closes(place, (byte) value)) {
            builder.edge(from, value, value, to);
          }
        }
      }
    }
    return builder.build();
  }

  private int number(
      Place place,
      Purpose purpose,
      Automaton.Builder builder,
      Map<Place, Integer> numbers,
      List<Place> places) {
    Integer known = numbers.get(place);
    if (known == null) {
      boolean accepts = purpose == Purpose.WITHOUT ? place.utf8 == 0 : place.seen == marker.length;
      known = builder.state(accepts);
      numbers.put(place, known);
      places.add(place);
    }
    return known;
  }

  private int advance(int seen, byte value) {
    if (marker.length == 0) {
      return 0;
    }
    int at = seen;
    while (at > 0 && marker[at] != value) {
      at = fallback[at];
    }
    return marker[at] == value ? at + 1 : 0;
  }

  /** A character that is not the marker's has to be ended first. */
  private boolean closes(Place place, byte value) {
    return place.seen == 0 && place.utf8 != 0 || marker[place.seen] == value;
  }
}
