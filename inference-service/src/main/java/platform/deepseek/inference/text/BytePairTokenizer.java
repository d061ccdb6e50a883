package platform.deepseek.inference.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/*
 * Byte-level BPE as the tokenizers library does it, prose twenty times as fast: the library keeps
 * for each token its text and for each byte where it came from, which nobody here asks for, and
 * a text of some megabytes holds a thread for a minute with it. Words are cut by the same
 * expressions (SplitRules) and looked up (WordCache) or joined (BytePairMerging). Time and memory
 * grow with the text, whatever is in it; and it stops where there are more tokens than are wanted.
 *
 * It reads what published byte-level models have, and of a tokenizer.json with anything else it
 * knows nothing: the library reads that. So it does text that a normaliser would change.
 */
/** Ordinary text to tokens; safe for many threads. */
final class BytePairTokenizer {

  /** Below it nothing composes. */
  private static final char FIRST_COMBINING = '\u0300';

  private final List<Pattern> rules;
  private final boolean normalizes;
  private final MergeTable merges;
  private final int[] tokenOfByte;

  /**
   * By their bytes, each as a character; where words are taken whole that are tokens, else null.
   */
  private final Map<String, Integer> wholeWords;

  private final WordCache cache = new WordCache();

  private BytePairTokenizer(
      List<Pattern> rules,
      boolean normalizes,
      MergeTable merges,
      int[] tokenOfByte,
      Map<String, Integer> wholeWords) {
    this.rules = rules;
    this.normalizes = normalizes;
    this.merges = merges;
    this.tokenOfByte = tokenOfByte;
    this.wholeWords = wholeWords;
  }

  /**
   * Empty where the file asks for what is not known here.
   *
   * @param plain tokenizer.json without added tokens
   */
  static Optional<BytePairTokenizer> of(JsonNode plain) {
    var model = plain.path("model");
    var rules = SplitRules.of(plain.path("pre_tokenizer"));
    var normalizer = plain.path("normalizer");
    boolean composes = normalizer.path("type").asText().equals("NFC");
    if (rules.isEmpty()
        || !(composes || normalizer.isNull() || normalizer.isMissingNode())
        || model.path("dropout").asDouble(0) != 0
        || !model.path("continuing_subword_prefix").asText("").isEmpty()
        || !model.path("end_of_word_suffix").asText("").isEmpty()) {
      return Optional.empty();
    }
    Map<String, Integer> words = new HashMap<>();
    model
        .path("vocab")
        .properties()
        .forEach(
            entry ->
                ByteLevelAlphabet.written(entry.getKey())
                    .ifPresent(bytes -> words.put(bytes, entry.getValue().intValue())));
    int[] tokenOfByte = new int[256];
    for (int value = 0; value < 256; value++) {
      tokenOfByte[value] =
          words.getOrDefault(String.valueOf((char) value), BytePairMerging.NOTHING);
    }
    boolean drops = model.path("unk_token").isNull() || model.path("unk_token").isMissingNode();
    boolean whole = Arrays.stream(tokenOfByte).noneMatch(t -> t == BytePairMerging.NOTHING);
    if (!whole && (!drops || model.path("byte_fallback").asBoolean())) {
      return Optional.empty();
    }
    return merges(model)
        .map(
            merges ->
                new BytePairTokenizer(
                    rules.get(),
                    composes,
                    merges,
                    tokenOfByte,
                    model.path("ignore_merges").asBoolean() ? words : null));
  }

  private static Optional<MergeTable> merges(JsonNode model) {
    var ids = model.path("vocab");
    var table = new MergeTable(model.path("merges").size());
    int rank = 0;
    for (var node : model.path("merges")) {
      var merge =
          node.isTextual()
              ? Merge.parse(node.textValue())
              : new Merge(node.path(0).asText(), node.path(1).asText());
      var left = ids.get(merge.left());
      var right = ids.get(merge.right());
      var joined = ids.get(merge.left() + merge.right());
      if (left == null || right == null || joined == null) {
        return Optional.empty(); // the library says what is wrong with it
      }
      table.put(left.intValue(), right.intValue(), rank++, joined.intValue());
    }
    return Optional.of(table);
  }

  /** Whether the text can be read here: not where it would have to be normalised first. */
  boolean reads(String text) {
    return !normalizes
        || text.chars().allMatch(c -> c < FIRST_COMBINING)
        || Normalizer.isNormalized(text, Normalizer.Form.NFC);
  }

  /**
   * Adds the tokens of a text, or so many of them that the list is over.
   *
   * @param text without lone surrogates
   */
  void encode(String text, TokenList tokens) {
    var merging = new BytePairMerging(merges, tokenOfByte);
    WordSplitter.split(
        rules,
        text,
        (from, to) -> {
          tokens.addAll(word(text, from, to, merging));
          return !tokens.isOver();
        });
  }

  private int[] word(String text, int from, int to, BytePairMerging merging) {
    int[] known = cache.get(text, from, to);
    if (known != null) {
      return known;
    }
    String word = text.substring(from, to);
    int[] tokens = tokens(word.getBytes(StandardCharsets.UTF_8), merging);
    cache.put(word, tokens);
    return tokens;
  }

  private int[] tokens(byte[] word, BytePairMerging merging) {
    if (wholeWords != null) {
      Integer whole = wholeWords.get(new String(word, StandardCharsets.ISO_8859_1));
      if (whole != null) {
        return new int[] {whole};
      }
    }
    return merging.tokens(word);
  }
}
