package platform.deepseek.inference.text;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/*
 * GGUF files name their word-splitting rules instead of carrying them. These are the rules that
 * llama.cpp applies under each name (llm_tokenizer_bpe in its llama-vocab.cpp), one regular
 * expression after the other, each on the pieces the one before left. llama.cpp leaves what no
 * alternative matches as a piece of its own, and so does "Isolated" in the tokenizers library.
 */
enum PreTokenizer {
  GPT2(false, false, List.of(Patterns.GPT2), "gpt-2"),
  SMOLLM(false, false, List.of("\\p{N}", Patterns.GPT2), "smollm"),
  QWEN2(
      false, false, List.of(Patterns.contractionsAndDigits("\\p{N}")), "qwen2", "deepseek-r1-qwen"),
  LLAMA3(
      true,
      true,
      List.of(Patterns.contractionsAndDigits("\\p{N}{1,3}")),
      "llama-bpe",
      "llama3",
      "llama-v3"),
  DEEPSEEK_V3(
      false,
      false,
      List.of(
          "\\p{N}{1,3}",
          "[一-龥\u3040-ゟ゠-ヿ]+",
          "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
              + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
              + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
      "deepseek-v3");

  private static final class Patterns {
    private static final String GPT2 =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static String contractionsAndDigits(String digits) {
      return "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
          + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
          + digits
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }
  }

  private final boolean ignoresMerges;
  private final boolean addsBeginOfSequence;
  private final List<String> patterns;
  private final List<String> names;

  PreTokenizer(
      boolean ignoresMerges, boolean addsBeginOfSequence, List<String> patterns, String... names) {
    this.ignoresMerges = ignoresMerges;
    this.addsBeginOfSequence = addsBeginOfSequence;
    this.patterns = patterns;
    this.names = List.of(names);
  }

  /**
   * @param name tokenizer.ggml.pre
   * @throws TokenizerException for a name without known rules; guessing would quietly spoil answers
   */
  static PreTokenizer named(String name) {
    return Arrays.stream(values())
        .filter(rules -> rules.names.contains(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TokenizerException(
                    ("The GGUF file splits words by the rules \"%s\", which are not known here."
                            + " Use a file with one of %s, or the model's tokenizer.json.")
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .flatMap(rules -> rules.names.stream())
                                .collect(Collectors.joining(", ")))));
  }

  /** Whether a word that is in the vocabulary is taken whole, even if no merges lead there. */
  boolean ignoresMerges() {
    return ignoresMerges;
  }

  /** What holds where the file does not say whether to begin with the BOS token. */
  boolean addsBeginOfSequence() {
    return addsBeginOfSequence;
  }

  /** Regular expressions in the syntax of the tokenizers library. */
  List<String> patterns() {
    return patterns;
  }
}
