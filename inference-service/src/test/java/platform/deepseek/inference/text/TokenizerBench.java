package platform.deepseek.inference.text;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * How fast text becomes tokens on one thread, beside the tokenizers library over the same
 * vocabulary. Arguments: a tokenizer.json or a GGUF file, and how many characters, 1,000,000 unless
 * told. Prints a JSON line per kind of text, with megabytes per second of processor time.
 */
final class TokenizerBench {

  private static final String PROSE =
      "The quick brown fox jumps over the lazy dog, and nobody's surprised: 1,234 times it has done"
          + " so.\nÜbrigens, naïve café! ";

  private TokenizerBench() {}

  public static void main(String[] args) throws IOException {
    Path path = Path.of(args[0]);
    int characters = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    var plain =
        (path.toString().endsWith(".json")
                ? TokenizerFile.parse(Files.readString(path))
                : GgufModel.tokenizerFile(path))
            .plain();
    var ours = BytePairTokenizer.of(plain).orElseThrow();
    var library = new NativeTokenizer(plain.toString());
    texts(characters)
        .forEach(
            (kind, text) -> {
              int bytes = text.getBytes(StandardCharsets.UTF_8).length;
              double our = 0;
              for (int round = 0; round < 3; round++) {
                our = rate(bytes, () -> ours.encode(text, new TokenList(Integer.MAX_VALUE)));
              }
              System.out.printf(
                  Locale.ROOT,
                  "{\"text\":\"%s\",\"bytes\":%d,\"megabytesPerSecond\":%.1f,\"library\":%.1f}%n",
                  kind,
                  bytes,
                  our,
                  rate(bytes, () -> library.encode(text, false)));
            });
  }

  private static double rate(int bytes, Runnable work) {
    var threads = ManagementFactory.getThreadMXBean();
    long begun = threads.getCurrentThreadCpuTime();
    work.run();
    return bytes * 1e3 / (threads.getCurrentThreadCpuTime() - begun);
  }

  private static Map<String, String> texts(int characters) {
    var random = new Random(1);
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("prose", PROSE.repeat(characters / PROSE.length() + 1));
    texts.put("random words", random(random, characters, "abcdefghijklmnopqrstuvwxyz      "));
    texts.put("one random word", random(random, characters, "abcdefghijklmnopqrstuvwxyz"));
    texts.put("one letter", "a".repeat(characters));
    texts.put("spaces", " ".repeat(characters) + "x");
    texts.put("digits", "7".repeat(characters));
    texts.put("emoji", "\ud83e\udd9c".repeat(characters / 2));
    return texts;
  }

  private static String random(Random random, int characters, String alphabet) {
    var text = new StringBuilder(characters);
    for (int i = 0; i < characters; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
