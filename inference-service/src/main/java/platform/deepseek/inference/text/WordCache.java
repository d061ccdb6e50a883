package platform.deepseek.inference.text;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The tokens of words met before: texts repeat their words. A word has one place, where the newest
 * stays, so memory is bounded and a stranger's words only make it forget.
 */
final class WordCache {

  private static final int PLACES = 1 << 15;
  private static final int LONGEST = 48;

  private record Known(String word, int[] tokens) {}

  private final AtomicReferenceArray<Known> places = new AtomicReferenceArray<>(PLACES);

  /** The tokens of the word at [from, to), not to be written to; null where it is not known. */
  int[] get(String text, int from, int to) {
    if (to - from > LONGEST) {
      return null;
    }
    var known = places.getPlain(place(text, from, to));
    return known != null && known.word.length() == to - from && text.startsWith(known.word, from)
        ? known.tokens
        : null;
  }

  void put(String word, int[] tokens) {
    if (word.length() <= LONGEST) {
      places.set(place(word, 0, word.length()), new Known(word, tokens));
    }
  }

  private static int place(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text.charAt(i);
    }
    return (hash ^ hash >>> 15) & PLACES - 1;
  }
}
