package platform.deepseek.inference.text;

import java.util.List;
import java.util.Random;

/** Text for property tests. */
final class RandomText {

  private RandomText() {}

  /** Up to so many code points below the bound, half of them ASCII, lone surrogates included. */
  static String unicode(Random random, int maximumLength, int bound) {
    var text = new StringBuilder();
    int length = random.nextInt(maximumLength + 1);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(random.nextInt(random.nextBoolean() ? 0x80 : bound));
    }
    return text.toString();
  }

  /** So many of the parts, one after the other. */
  static String composed(Random random, List<String> parts, int count) {
    var text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(parts.get(random.nextInt(parts.size())));
    }
    return text.toString();
  }
}
