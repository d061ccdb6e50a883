package platform.deepseek.inference.grammar.schema;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import platform.deepseek.inference.grammar.TokenVocabulary;

/** Every byte, pieces as they occur in JSON, and one token that ends the text. */
final class SmallVocabulary {

  private static final List<String> CONTENT =
      List.of(
          "na", "me", "kind", "value", "items", "left", "right", "one", "once", "two", "fixed",
          "red", "green", "blue", "circle", "square", "größe", "é", "日本", "😀", "the ", " and",
          "20", "2024", "-02-29", "-01-31", "T12:", ":30", ":00Z", "+01:00", "http", "://", "a.b",
          "@x.com", "192.168", "::", "fe80", "0.5", "1e9", "00", "999", "123", "-1", "\\n", "\\u00",
          "\\ud83d", "\\ude00", "\\\\", "\\\"", "x-", "P1D", "tel", "urn", "http://", "www.",
          "aaaa", "zzz", "ABC", "555-", "1234");

  private static final List<String> STRUCTURE =
      List.of(
          "{", "}", "[", "]", ",", ":", "\"", "{\"", "\"}", "\",", "\":", "\": ", "\": \"",
          "\", \"", ", ", ", \"", "[\"", "\"]", "}}", "]}", "},", "],", "[]", "{}", "\"\"", "[{",
          "}]", "null", "true", "false", "null}", "true,", "0", "1", "7}", "3]", "\n", "\n  ",
          "\n    ", "  ", "{\n  \"", "\"\n}", "\n}", "\n]", ",\n  \"", "\"x\"", "\"a\":");

  private final List<byte[]> texts = new ArrayList<>();
  private final TokenVocabulary vocabulary;
  private final int firstStructure;

  SmallVocabulary() {
    for (int value = 0; value < 256; value++) {
      texts.add(new byte[] {(byte) value});
    }
    CONTENT.forEach(piece -> texts.add(piece.getBytes(StandardCharsets.UTF_8)));
    firstStructure = texts.size();
    STRUCTURE.forEach(piece -> texts.add(piece.getBytes(StandardCharsets.UTF_8)));
    texts.add(new byte[0]);
    vocabulary = new TokenVocabulary(texts.size(), texts::get, Set.of(stop()), ignored -> false);
  }

  TokenVocabulary vocabulary() {
    return vocabulary;
  }

  int size() {
    return texts.size();
  }

  byte[] text(int token) {
    return texts.get(token);
  }

  int stop() {
    return texts.size() - 1;
  }

  /** What a model that has seen JSON might prefer: structure a little more than the rest. */
  double[] logits(RandomGenerator random) {
    double[] logits = new double[texts.size()];
    for (int token = 0; token < logits.length; token++) {
      logits[token] = random.nextGaussian() + (token >= firstStructure ? 4 : token < 256 ? -1 : 0);
    }
    return logits;
  }

  /** The tokens that spell a text, each the longest, or a random one, that fits. */
  List<Integer> tokens(byte[] text, RandomGenerator choice, boolean longest) {
    var tokens = new ArrayList<Integer>();
    int at = 0;
    while (at < text.length) {
      var fitting = new ArrayList<Integer>();
      for (int token = 0; token < stop(); token++) {
        if (begins(text, at, texts.get(token))) {
          fitting.add(token);
        }
      }
      fitting.sort((one, other) -> texts.get(other).length - texts.get(one).length);
      int token = fitting.get(longest ? 0 : choice.nextInt(fitting.size()));
      tokens.add(token);
      at += texts.get(token).length;
    }
    return tokens;
  }

  /** The tokens of one byte each. */
  static List<Integer> singleBytes(byte[] text) {
    var tokens = new ArrayList<Integer>();
    for (byte value : text) {
      tokens.add(value & 0xFF);
    }
    return tokens;
  }

  private static boolean begins(byte[] text, int at, byte[] piece) {
    for (int i = 0; i < piece.length; i++) {
      if (at + i >= text.length || text[at + i] != piece[i]) {
        return false;
      }
    }
    return true;
  }
}
