package platform.deepseek.inference.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Grammars of all kinds of expressions over a few characters, some of them of no text at all. */
final class RandomGrammar {

  static final List<String> TEXTS =
      List.of("a", "b", "ab", "\"", "\\", "é", "€", "😀", "</t>", "{", "}", ",", "1", "");

  private static final List<String> MARKERS = List.of("</t>", "aab", "\"", "€", "aa", "é€");

  private final Random random;
  private final int rules;

  private RandomGrammar(Random random, int rules) {
    this.random = random;
    this.rules = rules;
  }

  static Grammar of(Random random) {
    RandomGrammar grammar = new RandomGrammar(random, 1 + random.nextInt(3));
    Map<String, Expression> rules = new TreeMap<>();
    for (int rule = 0; rule < grammar.rules; rule++) {
      rules.put("rule" + rule, grammar.expression(3));
    }
    return new Grammar("rule0", rules);
  }

  private Expression expression(int depth) {
    int kind = random.nextInt(depth > 0 ? 17 : 8);
    return switch (kind) {
      case 0, 1 -> new Expression.Literal(pick(TEXTS) + pick(TEXTS));
      case 2, 3 -> characters();
      case 4 -> new Expression.Until(pick(MARKERS));
      case 5 -> new Expression.Without(pick(MARKERS));
      case 6 -> random.nextInt(3) == 0 ? new Expression.Anything() : regular();
      case 7 ->
          Expression.Sequence.of(
              random.nextInt(4) == 0 ? characters() : new Expression.Literal(pick(TEXTS)),
              new Expression.Reference("rule" + random.nextInt(rules)));
      case 8, 9, 10 -> new Expression.Sequence(list(depth));
      case 11, 12 -> new Expression.Choice(list(depth));
      case 13 -> new Expression.Reference("rule" + random.nextInt(rules));
      default -> {
        int least = random.nextInt(3);
        int most = random.nextInt(3) == 0 ? Expression.UNBOUNDED : least + random.nextInt(6);
        yield new Expression.Repeat(expression(depth - 1), least, most);
      }
    };
  }

  private List<Expression> list(int depth) {
    List<Expression> list = new ArrayList<>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      list.add(expression(depth - 1));
    }
    return list;
  }

  private Expression characters() {
    return switch (random.nextInt(5)) {
      case 0 -> ranges('a', 'z');
      case 1 -> ranges('!', '!', '#', '[', ']', 0x24F);
      case 2 -> ranges('0', '9');
      case 3 -> ranges(0xD7FA, 0xE00A, 0x1F5F0, 0x1F610);
      default -> ranges('é', 'é', '€', '€');
    };
  }

  static Expression.Characters ranges(int... ends) {
    List<Expression.Range> ranges = new ArrayList<>();
    for (int i = 0; i < ends.length; i += 2) {
      ranges.add(new Expression.Range(ends[i], ends[i + 1]));
    }
    return new Expression.Characters(ranges);
  }

  /** Letters, then perhaps digits: (letter+ | letter* 1 digit*). */
  private Expression regular() {
    int[] next = new int[2 * 256];
    Arrays.fill(next, ByteAutomaton.NOWHERE);
    for (int c = 'a'; c <= 'z'; c++) {
      next[c] = 0;
    }
    next['1'] = 1;
    for (int c = '0'; c <= '9'; c++) {
      next[256 + c] = 1;
    }
    BitSet accepting = new BitSet();
    accepting.set(1);
    accepting.set(0, random.nextBoolean());
    return new Expression.Regular(new ByteAutomaton(next, accepting));
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
