package platform.deepseek.inference.api.stream;

import java.util.List;

/**
 * A request that only has to be run: valid, tokenised, and with the way its answer is written.
 *
 * @param id the answer's id
 * @param generations one per choice, in the order of the choices; choices of one prompt follow each
 *     other
 * @param perPrompt choices of each prompt
 * @param kept of the choices of each prompt, the likeliest: the answer shows these (best_of)
 */
public record Prepared(
    String id,
    Dialect dialect,
    List<Generation> generations,
    int perPrompt,
    int kept,
    boolean stream) {

  public Prepared {
    generations = List.copyOf(generations);
  }

  /** Every choice is shown. */
  public static Prepared of(
      String id, Dialect dialect, List<Generation> generations, int perPrompt, boolean stream) {
    return new Prepared(id, dialect, generations, perPrompt, perPrompt, stream);
  }
}
