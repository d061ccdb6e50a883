package platform.deepseek.inference.text;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/*
 * Makes the tokenizer of a GGUF file by writing the tokenizer.json that such a vocabulary would
 * have been published with, so that one tokenizer serves both kinds of model. There is no
 * normaliser, as llama.cpp has none: text that is not in NFC gets other ids than from the
 * checkpoint the file was made from.
 */
/** Tokenizers of GGUF files. */
public final class GgufTokenizer {

  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private GgufTokenizer() {}

  /**
   * @throws TokenizerException where the file's kind of vocabulary or its word-splitting rules are
   *     not supported
   */
  public static HuggingFaceTokenizer of(GgufVocabulary vocabulary) {
    if (!vocabulary.model().equals("gpt2")) {
      throw new TokenizerException(
          ("The GGUF file has a vocabulary of kind \"%s\"; supported is \"gpt2\", byte-level BPE."
                  + " Use the model's folder with tokenizer.json instead.")
              .formatted(vocabulary.model()));
    }
    var rules = PreTokenizer.named(vocabulary.preTokenizer());
    var config =
        new TokenizerConfig(
            Optional.of(vocabulary.addBeginOfSequence().orElse(rules.addsBeginOfSequence())),
            text(vocabulary, vocabulary.beginOfSequence()),
            text(vocabulary, vocabulary.endOfSequence()),
            vocabulary
                .chatTemplate()
                .map(source -> Map.of(TokenizerConfig.DEFAULT_TEMPLATE, source))
                .orElse(Map.of()));
    return HuggingFaceTokenizer.of(file(vocabulary, rules), config);
  }

  /** The tokenizer.json that the vocabulary would have been published with. */
  static TokenizerFile file(GgufVocabulary vocabulary, PreTokenizer rules) {
    return new TokenizerFile(json(vocabulary, rules));
  }

  private static Optional<String> text(GgufVocabulary vocabulary, OptionalInt token) {
    if (token.isPresent() && token.getAsInt() >= vocabulary.tokens().size()) {
      throw new TokenizerException(
          "The GGUF file names token %d, but has only %d tokens: it is damaged."
              .formatted(token.getAsInt(), vocabulary.tokens().size()));
    }
    return token.isPresent()
        ? Optional.of(vocabulary.tokens().get(token.getAsInt()))
        : Optional.empty();
  }

  private static ObjectNode json(GgufVocabulary vocabulary, PreTokenizer rules) {
    var root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0");
    var added = root.putArray("added_tokens");
    var splits = root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    for (String pattern : rules.patterns()) {
      var split = splits.addObject().put("type", "Split").put("behavior", "Isolated");
      split.put("invert", false).putObject("pattern").put("Regex", pattern);
    }
    byteLevel(splits.addObject());
    byteLevel(root.putObject("decoder"));
    var model = root.putObject("model").put("type", "BPE");
    model.put("ignore_merges", rules.ignoresMerges());
    var entries = model.putObject("vocab");
    for (int id = 0; id < vocabulary.tokens().size(); id++) {
      String token = vocabulary.tokens().get(id);
      switch (vocabulary.tokenTypes()[id]) {
        case NORMAL, BYTE -> entries.put(token, id);
        case UNKNOWN, CONTROL -> added(added.addObject(), entries, id, token, true);
        case USER_DEFINED -> added(added.addObject(), entries, id, token, false);
        case UNUSED -> {}
        default ->
            throw new TokenizerException(
                "Token %d of the GGUF file has type %d; known are 1 to 6."
                    .formatted(id, vocabulary.tokenTypes()[id]));
      }
    }
    var merges = model.putArray("merges");
    for (String text : vocabulary.merges()) {
      var merge = Merge.parse(text);
      if (entries.has(merge.left())
          && entries.has(merge.right())
          && entries.has(merge.left() + merge.right())) {
        merges.addArray().add(merge.left()).add(merge.right());
      }
    }
    return root;
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false);
    node.put("trim_offsets", true).put("use_regex", false);
  }

  private static void added(
      ObjectNode node, ObjectNode entries, int id, String content, boolean special) {
    entries.put(content, id);
    node.put("id", id).put("content", content).put("special", special);
    node.put("single_word", false).put("lstrip", false);
    node.put("rstrip", false).put("normalized", false);
  }
}
