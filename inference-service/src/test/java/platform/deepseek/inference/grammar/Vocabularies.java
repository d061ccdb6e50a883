package platform.deepseek.inference.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** A small byte-level vocabulary: token 0 stops, 1 is special, 2 is empty, then come texts. */
final class Vocabularies {

  static final int STOP = 0;
  static final int SPECIAL = 1;
  static final int EMPTY = 2;
  static final int FIRST_TEXT = 3;

  private Vocabularies() {}

  /** All single bytes, then these. */
  static List<byte[]> texts(List<byte[]> more) {
    List<byte[]> texts =
        new ArrayList<>(List.of(new byte[0], "<s>".getBytes(StandardCharsets.UTF_8), new byte[0]));
    for (int value = 0; value < 256; value++) {
      texts.add(new byte[] {(byte) value});
    }
    texts.addAll(more);
    return texts;
  }

  static List<byte[]> texts(String... more) {
    return texts(Arrays.stream(more).map(t -> t.getBytes(StandardCharsets.UTF_8)).toList());
  }

  static TokenVocabulary of(List<byte[]> texts) {
    return new TokenVocabulary(texts.size(), texts::get, Set.of(STOP), token -> token == SPECIAL);
  }

  static TokenVocabulary of(String... more) {
    return of(texts(more));
  }

  /** Parts of random texts, cut anywhere, some of them twice. */
  static List<byte[]> random(Random random, int count) {
    List<byte[]> more = new ArrayList<>();
    while (more.size() < count) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int i = random.nextInt(4); i >= 0; i--) {
        List<String> texts = RandomGrammar.TEXTS;
        bytes.writeBytes(texts.get(random.nextInt(texts.size())).getBytes(StandardCharsets.UTF_8));
      }
      byte[] all = bytes.toByteArray();
      int from = random.nextInt(3) == 0 ? random.nextInt(all.length + 1) : 0;
      int to = random.nextInt(3) == 0 ? from + random.nextInt(all.length - from + 1) : all.length;
      if (from < to) {
        more.add(Arrays.copyOfRange(all, from, to));
      }
    }
    return texts(more);
  }
}
