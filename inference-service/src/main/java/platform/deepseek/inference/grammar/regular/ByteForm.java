package platform.deepseek.inference.grammar.regular;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import platform.deepseek.inference.grammar.ByteAutomaton;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton.Move;

/**
 * The bytes that stand for the texts of a language: UTF-8 as it is, or JSON strings with their
 * quotes, in which only those characters are escaped that must be, each in its shortest form.
 *
 * <p>A range of code points is a few sequences of byte ranges (as in RE2). The states between the
 * bytes of one character are shared wherever they lead to the same places.
 */
public final class ByteForm {

  /** States of the largest automaton that is built; each takes a kilobyte. */
  public static final int MOST_STATES = 16_384;

  private static final String SHORT_ESCAPES = "\b\t\n\f\r\"\\";
  private static final String SHORT_LETTERS = "btnfr\"\\";
  private static final int FIRST_PLAIN = 0x20;
  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

  /** Byte ranges in a row, and the state that they lead to. */
  private record Path(int[] first, int[] last, int target) {}

  /** One byte range of a state between the bytes of a character. */
  private record Branch(int first, int last, int target) {}

  private final List<int[]> rows = new ArrayList<>();
  private final Map<List<Branch>, Integer> shared = new HashMap<>();

  private ByteForm() {}

  /** The texts themselves. */
  public static ByteAutomaton plain(CharacterAutomaton language) {
    var form = new ByteForm();
    form.addStates(language, 0, false);
    return form.build(acceptingFrom(language, 0));
  }

  /** The texts as they are inside a JSON string. */
  public static ByteAutomaton jsonCharacters(CharacterAutomaton language) {
    var form = new ByteForm();
    form.addStates(language, 0, true);
    return form.build(acceptingFrom(language, 0));
  }

  /**
   * The texts as JSON strings.
   *
   * @throws TooManyStatesException past MOST_STATES
   */
  public static ByteAutomaton jsonString(CharacterAutomaton language) {
    var form = new ByteForm();
    int start = form.row();
    form.addStates(language, 1, true);
    int end = form.row();
    form.rows.get(start)['"'] = 1;
    acceptingFrom(language, 1).stream().forEach(state -> form.rows.get(state)['"'] = end);
    var accepting = new BitSet();
    accepting.set(end);
    return form.build(accepting);
  }

  private static BitSet acceptingFrom(CharacterAutomaton language, int offset) {
    var accepting = new BitSet();
    for (int state = 0; state < language.states(); state++) {
      accepting.set(offset + state, language.accepts(state));
    }
    return accepting;
  }

  private ByteAutomaton build(BitSet accepting) {
    int[] next = new int[rows.size() * 256];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, next, i * 256, 256);
    }
    return new ByteAutomaton(next, accepting);
  }

  private int row() {
    if (rows.size() == MOST_STATES) {
      throw new TooManyStatesException("states over bytes", MOST_STATES);
    }
    int[] row = new int[256];
    Arrays.fill(row, ByteAutomaton.NOWHERE);
    rows.add(row);
    return rows.size() - 1;
  }

  private void addStates(CharacterAutomaton language, int offset, boolean json) {
    for (int state = 0; state < language.states(); state++) {
      row();
    }
    for (int state = 0; state < language.states(); state++) {
      var paths = new ArrayList<Path>();
      for (var move : language.moves(state)) {
        var shifted = new Move(move.first(), move.last(), move.target() + offset);
        if (json) {
          addEscaped(paths, shifted);
        } else {
          addUtf8(paths, shifted);
        }
      }
      fill(rows.get(offset + state), branches(paths, 0));
    }
  }

  private static void fill(int[] row, List<Branch> branches) {
    for (var branch : branches) {
      Arrays.fill(row, branch.first(), branch.last() + 1, branch.target());
    }
  }

  /**
   * The branches for the byte at a depth; states for the bytes behind it are made or found. Paths
   * whose ranges at a depth overlap have the same range there: a wider one goes on over all bytes,
   * so nothing else begins with a part of it.
   */
  private List<Branch> branches(List<Path> paths, int depth) {
    var groups = new TreeMap<Integer, List<Path>>();
    for (var path : paths) {
      groups.computeIfAbsent(path.first()[depth], first -> new ArrayList<>(1)).add(path);
    }
    var branches = new ArrayList<Branch>(groups.size());
    for (var group : groups.values()) {
      var any = group.getFirst();
      int target =
          any.first().length == depth + 1 ? any.target() : between(branches(group, depth + 1));
      var last = branches.isEmpty() ? null : branches.getLast();
      if (last != null && last.target() == target && last.last() + 1 == any.first()[depth]) {
        branches.set(branches.size() - 1, new Branch(last.first(), any.last()[depth], target));
      } else {
        branches.add(new Branch(any.first()[depth], any.last()[depth], target));
      }
    }
    return branches;
  }

  private int between(List<Branch> branches) {
    Integer known = shared.get(branches);
    if (known == null) {
      known = row();
      fill(rows.get(known), branches);
      shared.put(branches, known);
    }
    return known;
  }

  private static void addEscaped(List<Path> paths, Move move) {
    int plainFrom = Math.max(move.first(), FIRST_PLAIN);
    for (int c : new int[] {'"', '\\'}) {
      if (move.first() <= c && c <= move.last()) {
        addUtf8(paths, new Move(plainFrom, c - 1, move.target()));
        addEscape(paths, c, move.target());
        plainFrom = c + 1;
      }
    }
    addUtf8(paths, new Move(plainFrom, move.last(), move.target()));
    for (int c = move.first(); c <= Math.min(move.last(), FIRST_PLAIN - 1); c++) {
      addEscape(paths, c, move.target());
    }
  }

  private static void addEscape(List<Path> paths, int character, int target) {
    int known = SHORT_ESCAPES.indexOf(character);
    if (known >= 0) {
      int[] bytes = {'\\', SHORT_LETTERS.charAt(known)};
      paths.add(new Path(bytes, bytes, target));
      return;
    }
    for (String format : List.of("\\u%04x", "\\u%04X")) {
      byte[] ascii = format.formatted(character).getBytes(StandardCharsets.US_ASCII);
      int[] bytes = new int[ascii.length];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = ascii[i];
      }
      paths.add(new Path(bytes, bytes, target));
    }
  }

  private static void addUtf8(List<Path> paths, Move move) {
    addScalars(paths, move.first(), Math.min(move.last(), 0xD7FF), move.target());
    addScalars(paths, Math.max(move.first(), 0xE000), move.last(), move.target());
  }

  private static void addScalars(List<Path> paths, int first, int last, int target) {
    int from = first;
    for (int length = 1; length <= LAST_OF_LENGTH.length && from <= last; length++) {
      int to = Math.min(last, LAST_OF_LENGTH[length - 1]);
      if (from <= to) {
        addOfOneLength(paths, from, to, length, target);
        from = to + 1;
      }
    }
  }

  /** Cuts a range until all its bytes but the leading equal ones run over whole ranges. */
  private static void addOfOneLength(
      List<Path> paths, int first, int last, int length, int target) {
    for (int trailing = 1; trailing < length; trailing++) {
      int mask = (1 << (6 * trailing)) - 1;
      if ((first & ~mask) != (last & ~mask)) {
        if ((first & mask) != 0) {
          addOfOneLength(paths, first, first | mask, length, target);
          addOfOneLength(paths, (first | mask) + 1, last, length, target);
          return;
        }
        if ((last & mask) != mask) {
          addOfOneLength(paths, first, (last & ~mask) - 1, length, target);
          addOfOneLength(paths, last & ~mask, last, length, target);
          return;
        }
      }
    }
    paths.add(new Path(utf8(first, length), utf8(last, length), target));
  }

  private static int[] utf8(int codePoint, int length) {
    if (length == 1) {
      return new int[] {codePoint};
    }
    int[] bytes = new int[length];
    int rest = codePoint;
    for (int i = length - 1; i > 0; i--) {
      bytes[i] = 0x80 | (rest & 0x3F);
      rest >>= 6;
    }
    bytes[0] = (0xF00 >> length & 0xFF) | rest;
    return bytes;
  }
}
