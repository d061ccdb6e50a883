package platform.deepseek.inference.api;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import platform.deepseek.inference.engine.GenerationService;
import platform.deepseek.inference.grammar.TokenVocabulary;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.text.Tokenizer;
import platform.deepseek.inference.text.answer.ChatFormat;

/**
 * The model behind the API, loaded and running.
 *
 * @param id the name clients ask for
 * @param created when its files were made, in seconds since 1970
 * @param contextLength tokens of prompt and answer together
 * @param prompts writes conversations as the model's tokens; empty for a model without a chat
 *     template
 * @param vocabulary the tokenizer's tokens as grammars read them; the first who asks may wait
 * @param stopTokens ids that end an answer
 * @param fingerprint changes when the same request might get another answer: weights, precision,
 *     engine build
 * @param identity the same part by part, the same on all machines
 * @param gpus that compute it, in the order of the engines; empty on the processor
 */
public record ServedModel(
    String id,
    long created,
    int contextLength,
    Tokenizer tokenizer,
    Optional<PromptEncoder> prompts,
    Supplier<TokenVocabulary> vocabulary,
    Set<Integer> stopTokens,
    GenerationService engine,
    String fingerprint,
    ModelIdentity identity,
    List<ServedGpu> gpus) {

  public ServedModel {
    stopTokens = Set.copyOf(stopTokens);
    gpus = List.copyOf(gpus);
  }

  /** What its chat template tells of it. */
  public ChatFormat format() {
    return prompts.map(PromptEncoder::format).orElse(ChatFormat.PLAIN);
  }
}
