package platform.deepseek.inference.sampling;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Chooses the next token from a row of logits.
 *
 * <p>The order is that of Hugging Face, vLLM and llama.cpp: log-probabilities of the model's own
 * distribution; repetition, presence and frequency penalties, logit bias, mask; then temperature,
 * top-k, top-p, min-p; then one draw down the tokens in falling order, a function of seed and
 * position alone. Greedy without any of these is an arg max over the row where it lies.
 *
 * <p>Keeps arrays of the size of the vocabulary. Not thread safe: one per thread.
 */
public final class Sampler {
  private final LogitRow row = new LogitRow();
  private final Distribution distribution = new Distribution();
  private final Truncation truncation = new Truncation();
  private final Logprobs logprobs = new Logprobs();

  /**
   * @param logits float32, little endian, at least {@code vocabulary} of them; not changed. NaN and
   *     minus infinity are never chosen while another token is allowed
   * @param mask null allows every token
   * @throws IllegalArgumentException the mask allows no token
   */
  public Sample sample(
      MemorySegment logits,
      int vocabulary,
      SamplingParams params,
      TokenHistory history,
      LogitMask mask) {
    return sample(logits, vocabulary, params, history, history.position(), mask);
  }

  /**
   * The same for a token further on, where {@code position} of its random numbers is not that of
   * the history: then no penalty may ask for what was said in between.
   */
  public Sample sample(
      MemorySegment logits,
      int vocabulary,
      SamplingParams params,
      TokenHistory history,
      int position,
      LogitMask mask) {
    int token = choose(logits, vocabulary, params, history, position, mask);
    return params.topLogprobs() < 0
        ? new Sample(token, Float.NaN, List.of())
        : score(logits, vocabulary, token, params.topLogprobs());
  }

  /**
   * The log-probability of a given token in the model's own distribution.
   *
   * @param topLogprobs how many of the likeliest tokens to add; 0 and less for none
   */
  public Sample score(MemorySegment logits, int vocabulary, int token, int topLogprobs) {
    row.load(logits, vocabulary);
    return logprobs.of(row, token, topLogprobs);
  }

  private int choose(
      MemorySegment logits,
      int vocabulary,
      SamplingParams params,
      TokenHistory history,
      int position,
      LogitMask mask) {
    boolean greedy = params.temperature() == 0;
    if (greedy && mask == null && !Penalties.any(params)) {
      return ArgMax.of(logits, vocabulary);
    }
    row.load(logits, vocabulary);
    if (Penalties.any(params)) {
      Penalties.apply(row, params, history);
    }
    if (mask != null) {
      row.apply(mask);
    }
    return greedy ? likeliest(mask) : draw(params, position, mask);
  }

  private int likeliest(LogitMask mask) {
    int token = row.argMax();
    return row.get(token) == Float.NEGATIVE_INFINITY ? firstAllowed(mask) : token;
  }

  private int draw(SamplingParams params, int position, LogitMask mask) {
    distribution.compute(row, params.temperature());
    if (distribution.total() == 0) {
      return firstAllowed(mask);
    }
    double uniform = Philox4x32.uniform(params.seed(), position);
    return truncation.choose(row, distribution, params, uniform);
  }

  /** No allowed token has a finite logit: the model is broken, the answer is still defined. */
  private int firstAllowed(LogitMask mask) {
    int token = 0;
    while (mask != null && !mask.allows(token)) {
      token++;
    }
    return token;
  }
}
