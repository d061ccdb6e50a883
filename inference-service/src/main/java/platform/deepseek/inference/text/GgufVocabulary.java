package platform.deepseek.inference.text;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tokenizer.* entries of a GGUF file as plain data.
 *
 * @param model tokenizer.ggml.model, "gpt2" for byte-level BPE
 * @param preTokenizer tokenizer.ggml.pre, the name of the rules that cut text into words
 * @param tokens tokenizer.ggml.tokens by id
 * @param tokenTypes tokenizer.ggml.token_type by id: 1 normal, 2 unknown, 3 control, 4 user
 *     defined, 5 unused, 6 byte
 * @param merges tokenizer.ggml.merges, "left right", best first
 * @param addBeginOfSequence tokenizer.ggml.add_bos_token; empty where the file does not say
 * @param chatTemplate tokenizer.chat_template
 */
public record GgufVocabulary(
    String model,
    String preTokenizer,
    List<String> tokens,
    int[] tokenTypes,
    List<String> merges,
    OptionalInt beginOfSequence,
    OptionalInt endOfSequence,
    Optional<Boolean> addBeginOfSequence,
    Optional<String> chatTemplate) {

  public GgufVocabulary {
    if (tokens.size() != tokenTypes.length) {
      throw new TokenizerException(
          "The GGUF file has %d tokens and %d token types: it is damaged."
              .formatted(tokens.size(), tokenTypes.length));
    }
  }
}
