package platform.deepseek.inference.text;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens by which a code model is asked for the text between two others (Bavarian et al., arXiv
 * 2207.14255): what comes before, what comes after, and then the model writes the middle.
 *
 * @param before in front of the text before
 * @param after between the two texts
 * @param middle where the model begins
 * @param ends tokens that end the middle, beside those that end any answer
 */
public record FillInTheMiddle(int before, int after, int middle, Set<Integer> ends) {

  /** As published: DeepSeek-Coder and V3, Qwen-Coder, StarCoder and those trained like it. */
  private static final List<List<String>> NAMES =
      List.of(
          List.of("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
          List.of("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
          List.of("<fim_prefix>", "<fim_suffix>", "<fim_middle>"));

  private static final List<String> ENDS =
      List.of(
          "<|endoftext|>",
          "<|fim_pad|>",
          "<|file_sep|>",
          "<|repo_name|>",
          "<fim_pad>",
          "<file_sep>",
          "<｜end▁of▁sentence｜>");

  public FillInTheMiddle {
    ends = Set.copyOf(ends);
  }

  /** Empty for a model that was not trained to. */
  public static Optional<FillInTheMiddle> of(Tokenizer tokenizer) {
    for (List<String> names : NAMES) {
      OptionalInt before = tokenizer.id(names.get(0));
      OptionalInt after = tokenizer.id(names.get(1));
      OptionalInt middle = tokenizer.id(names.get(2));
      if (before.isPresent() && after.isPresent() && middle.isPresent()) {
        Set<Integer> ends =
            new LinkedHashSet<>(List.of(before.getAsInt(), after.getAsInt(), middle.getAsInt()));
        ENDS.forEach(name -> tokenizer.id(name).ifPresent(ends::add));
        return Optional.of(
            new FillInTheMiddle(before.getAsInt(), after.getAsInt(), middle.getAsInt(), ends));
      }
    }
    return Optional.empty();
  }

  /**
   * The prompt that asks for the middle. A beginning-of-sequence token in front of the text before
   * stays in front.
   *
   * @param prefix token ids of the text before
   * @param suffix token ids of the text after
   */
  public int[] prompt(int[] prefix, int[] suffix, OptionalInt beginOfSequence) {
    boolean begins =
        beginOfSequence.isPresent() && prefix.length > 0 && prefix[0] == beginOfSequence.getAsInt();
    int[] prompt = new int[prefix.length + suffix.length + 3];
    int at = 0;
    if (begins) {
      prompt[at++] = prefix[0];
    }
    prompt[at++] = before;
    System.arraycopy(prefix, begins ? 1 : 0, prompt, at, prefix.length - (begins ? 1 : 0));
    at += prefix.length - (begins ? 1 : 0);
    prompt[at++] = after;
    System.arraycopy(suffix, 0, prompt, at, suffix.length);
    prompt[at + suffix.length] = middle;
    return prompt;
  }
}
