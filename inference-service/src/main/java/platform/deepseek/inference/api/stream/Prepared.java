package platform.deepseek.inference.api.stream;

import java.util.List;
import java.util.Optional;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.engine.GenerationRequest;

/**
 * A request that only has to be run: valid, tokenised, and with the way its answer is written.
 *
 * @param id the answer's id
 * @param generations one per choice, in the order of the choices; choices of one prompt follow each
 *     other
 * @param perPrompt choices of each prompt
 * @param kept of the choices of each prompt, the likeliest: the answer shows these (best_of)
 * @param recall how its answer would be found among those that are kept; empty: it is computed
 */
public record Prepared(
    String id,
    Dialect dialect,
    List<Generation> generations,
    int perPrompt,
    int kept,
    boolean stream,
    Optional<Recall> recall) {

  public Prepared {
    generations = List.copyOf(generations);
  }

  /** Every choice is shown. */
  public static Prepared of(
      String id, Dialect dialect, List<Generation> generations, int perPrompt, boolean stream) {
    return new Prepared(id, dialect, generations, perPrompt, perPrompt, stream, Optional.empty());
  }

  /** The same, with how its answer would be found. */
  public Prepared recalledBy(Optional<Recall> recall) {
    return new Prepared(id, dialect, generations, perPrompt, kept, stream, recall);
  }

  /** What it wants of a model: a prompt counts once, whatever its choices. */
  public Demand demand(String model) {
    long promptTokens = 0;
    long maxTokens = 0;
    for (int i = 0; i < generations.size(); i++) {
      GenerationRequest request = generations.get(i).request();
      promptTokens += i % perPrompt == 0 ? request.prompt().length : 0;
      maxTokens += request.maxTokens();
    }
    return new Demand(model, promptTokens, maxTokens, generations.getFirst().request().cacheSalt());
  }

  /**
   * The same, as it was granted: what is missing of its tokens is missing of every choice alike.
   */
  public Prepared granted(Grant grant) {
    long wanted = generations.stream().mapToLong(each -> each.request().maxTokens()).sum();
    long most = Math.min(wanted, grant.maxTokens());
    return new Prepared(
        id,
        dialect,
        generations.stream()
            .map(
                each ->
                    each.granted(
                        grant.cacheSalt(),
                        wanted == 0 ? 0 : (int) (each.request().maxTokens() * most / wanted),
                        grant.share()))
            .toList(),
        perPrompt,
        kept,
        stream,
        recall);
  }
}
