package platform.deepseek.inference.grammar;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What grammars mean, by definition and slowly: all ends of all expressions at all places. */
final class NaiveMatcher {

  private final Grammar grammar;
  private final Set<String> productive = new HashSet<>();
  private final Map<Expression.Characters, List<byte[]>> encodings = new IdentityHashMap<>();
  private byte[] text = {};
  private final Map<Expression, Map<Integer, TreeSet<Integer>>> known = new IdentityHashMap<>();

  /** Some expression wants to read on behind the end of the text. */
  private boolean ranOff;

  NaiveMatcher(Grammar grammar) {
    this.grammar = grammar;
    for (int round = 0; round < grammar.rules().size(); round++) {
      grammar
          .rules()
          .forEach((name, text) -> productive.addAll(hasText(text) ? List.of(name) : List.of()));
    }
  }

  boolean accepts(byte[] whole) {
    return fromRoot(whole).contains(whole.length);
  }

  /** The text is the beginning of one that the grammar accepts. */
  boolean begins(byte[] beginning) {
    return fromRoot(beginning).contains(beginning.length) || ranOff;
  }

  private TreeSet<Integer> fromRoot(byte[] bytes) {
    text = bytes;
    known.clear();
    ranOff = false;
    return ends(grammar.rules().get(grammar.root()), 0);
  }

  private TreeSet<Integer> ends(Expression expression, int from) {
    Map<Integer, TreeSet<Integer>> byStart =
        known.computeIfAbsent(expression, e -> new HashMap<>());
    TreeSet<Integer> ends = byStart.get(from);
    if (ends == null) {
      ends = hasText(expression) ? find(expression, from) : new TreeSet<>();
      byStart.put(from, ends);
    }
    return ends;
  }

  private TreeSet<Integer> find(Expression expression, int from) {
    TreeSet<Integer> ends = new TreeSet<>();
    switch (expression) {
      case Expression.Literal literal ->
          compare(literal.text().getBytes(StandardCharsets.UTF_8), from, ends);
      case Expression.Characters characters -> {
        for (byte[] encoded : encodings.computeIfAbsent(characters, NaiveMatcher::encodings)) {
          compare(encoded, from, ends);
        }
      }
      case Expression.Sequence sequence -> {
        TreeSet<Integer> at = new TreeSet<>(List.of(from));
        for (Expression part : sequence.parts()) {
          at = after(at, part);
        }
        ends.addAll(at);
      }
      case Expression.Choice choice -> {
        for (Expression option : choice.options()) {
          ends.addAll(ends(option, from));
        }
      }
      case Expression.Repeat repeat -> repeat(repeat, from, ends);
      case Expression.Reference reference ->
          ends.addAll(ends(grammar.rules().get(reference.rule()), from));
      case Expression.Regular regular -> {
        int state = 0;
        int at = from;
        while (true) {
          if (regular.automaton().accepts(state)) {
            ends.add(at);
          }
          if (at == text.length) {
            ranOff = true;
            break;
          }
          state = regular.automaton().next(state, text[at++] & 0xff);
          if (state == ByteAutomaton.NOWHERE) {
            break;
          }
        }
      }
      case Expression.Until until -> free(from, until.marker(), true, ends);
      case Expression.Without without -> free(from, without.marker(), false, ends);
      case Expression.Anything _ -> free(from, null, false, ends);
    }
    return ends;
  }

  private static List<byte[]> encodings(Expression.Characters characters) {
    List<byte[]> encodings = new ArrayList<>();
    for (Expression.Range range : characters.ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
          encodings.add(Character.toString(c).getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return encodings;
  }

  private TreeSet<Integer> after(TreeSet<Integer> starts, Expression expression) {
    TreeSet<Integer> ends = new TreeSet<>();
    for (int start : starts) {
      ends.addAll(ends(expression, start));
    }
    return ends;
  }

  private void repeat(Expression.Repeat repeat, int from, TreeSet<Integer> ends) {
    TreeSet<Integer> starts = new TreeSet<>(List.of(from));
    int enough = repeat.least() + text.length - from + 1;
    int most = repeat.most() == Expression.UNBOUNDED ? enough : repeat.most();
    for (int turn = 0; turn <= most && !starts.isEmpty(); turn++) {
      if (turn >= repeat.least()) {
        ends.addAll(starts);
      }
      if (turn < most && hasText(repeat.body())) {
        starts = after(starts, repeat.body());
      }
    }
  }

  private void compare(byte[] wanted, int from, TreeSet<Integer> ends) {
    int length = Math.min(wanted.length, text.length - from);
    if (Arrays.equals(wanted, 0, length, text, from, from + length)) {
      if (length == wanted.length) {
        ends.add(from + length);
      } else {
        ranOff = true;
      }
    }
  }

  private void free(int from, String marker, boolean until, TreeSet<Integer> ends) {
    for (int end = from; end <= text.length; end++) {
      byte[] part = Arrays.copyOfRange(text, from, end);
      String read = new String(part, StandardCharsets.ISO_8859_1);
      String wanted =
          marker == null
              ? null
              : new String(marker.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      int found = wanted == null ? -1 : read.indexOf(wanted);
      boolean whole = until ? found >= 0 && found == read.length() - wanted.length() : found < 0;
      if (whole && isUtf8(part)) {
        ends.add(end);
      }
      if (end == text.length && found < 0 && beginsUtf8(part)) {
        ranOff = true;
      }
    }
  }

  private static boolean isUtf8(byte[] bytes) {
    CharBuffer characters = CharBuffer.allocate(bytes.length);
    return !StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(bytes), characters, true)
        .isError();
  }

  /** Bytes that lead on from any valid beginning of a character, whichever it is. */
  private static final byte[] LATER = {(byte) 0x80, (byte) 0x90, (byte) 0xA0};

  private static boolean beginsUtf8(byte[] bytes) {
    if (isUtf8(bytes)) {
      return true;
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    for (byte a : LATER) {
      longer[bytes.length] = a;
      if (isUtf8(longer)) {
        return true;
      }
      for (byte b : LATER) {
        byte[] two = Arrays.copyOf(longer, longer.length + 1);
        two[longer.length] = b;
        byte[] three = Arrays.copyOf(two, two.length + 1);
        three[two.length] = b;
        if (isUtf8(two) || isUtf8(three)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether any text follows the expression, as far as the rules are known to have one. */
  private boolean hasText(Expression expression) {
    return switch (expression) {
      case Expression.Characters characters ->
          characters.ranges().stream().anyMatch(r -> r.first() < 0xD800 || r.last() > 0xDFFF);
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::hasText);
      case Expression.Choice choice -> choice.options().stream().anyMatch(this::hasText);
      case Expression.Repeat repeat -> repeat.least() == 0 || hasText(repeat.body());
      case Expression.Reference reference -> productive.contains(reference.rule());
      case Expression.Without without -> !without.marker().isEmpty();
      case Expression.Literal _, Expression.Regular _, Expression.Until _, Expression.Anything _ ->
          true;
    };
  }
}
