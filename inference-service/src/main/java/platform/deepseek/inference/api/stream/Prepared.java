package platform.deepseek.inference.api.stream;

import java.util.List;

/**
 * A request that only has to be run: valid, tokenised, and with the way its answer is written.
 *
 * @param id the answer's id
 * @param generations one per choice, in the order of the choices; choices of one prompt follow each
 *     other
 * @param perPrompt choices of each prompt
 */
public record Prepared(
    String id, Dialect dialect, List<Generation> generations, int perPrompt, boolean stream) {}
