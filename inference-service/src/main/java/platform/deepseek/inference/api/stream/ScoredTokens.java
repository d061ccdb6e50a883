package platform.deepseek.inference.api.stream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import platform.deepseek.inference.sampling.Sample;

/** Tokens whose text is not certain yet, in order. */
final class ScoredTokens {

  private final Deque<ScoredToken> waiting = new ArrayDeque<>();

  void add(Sample sample, int offset) {
    waiting.addLast(new ScoredToken(sample, offset));
  }

  /** Those that begin in [from, to); those before are dropped: they belong to no text. */
  List<ScoredToken> take(int from, int to) {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<ScoredToken> taken = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.getFirst().offset() < to) {
      ScoredToken token = waiting.removeFirst();
      if (token.offset() >= from) {
        taken.add(token);
      }
    }
    return taken;
  }

  /** All that begin at {@code from} or later, such as a last token without a text. */
  List<ScoredToken> takeFrom(int from) {
    return take(from, Integer.MAX_VALUE);
  }
}
