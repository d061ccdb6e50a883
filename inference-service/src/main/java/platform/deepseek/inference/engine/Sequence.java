package platform.deepseek.inference.engine;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.engine.draft.Drafter;
import platform.deepseek.inference.engine.prefix.SharedPrefix;
import platform.deepseek.inference.kv.HashedTokens;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.sampling.TokenConstraint;
import platform.deepseek.inference.sampling.TokenHistory;
import platform.deepseek.inference.sampling.Work;

/**
 * A request on its way: its tokens, how many of them are in the KV cache, and where.
 *
 * <pre>
 *   [0, computed)        keys and values are in the slot
 *   [computed, started)  in steps under way
 *   [started, expected)  to be computed; when nothing is left, the next token can be sampled
 *   [prompt, known)      generated so far
 *   [known, expected)    pending: steps under way sample them
 *   [known, ...)         drafts under way: not its tokens until they were chosen
 * </pre>
 *
 * <p>What is started and expected moves when a step is made, as in vLLM v1, so that the next step
 * can be made before this one has ended; what is computed and known moves when it has ended.
 * Without steps under way there is no difference.
 *
 * <p>Runners only read it. The scheduler alone moves it; tests and benchmarks of a runner may play
 * scheduler. Not thread safe.
 */
public final class Sequence {

  public enum Status {
    WAITING,
    RUNNING,
    FINISHED
  }

  private static final int NO_SLOT = -1;

  private final GenerationRequest request;
  private final HashedTokens tokens;
  private final TokenHistory history;
  private final Drafter drafter;
  private final List<Sample> scores = new ArrayList<>();
  private double[] hiddenSum;
  private Status status = Status.WAITING;
  private AllowedTokens allowed;
  private LogitMask mask;
  private int slot = NO_SLOT;
  private int computed;
  private int started;
  private int pending;
  private boolean drafting;
  private int cached;
  private boolean everRan;
  private SharedPrefix prefix;

  public Sequence(GenerationRequest request, int blockTokens) {
    this.request = request;
    this.tokens = new HashedTokens(request.cacheSalt(), blockTokens, request.prompt());
    this.history = new TokenHistory(request.prompt());
    this.drafter = new Drafter(tokens, request.prediction());
  }

  public GenerationRequest request() {
    return request;
  }

  public SamplingParams sampling() {
    return request.sampling();
  }

  /** The tokens that may come next, as the scheduler asked; null allows every token. */
  public LogitMask mask() {
    return mask;
  }

  /**
   * Asks the constraint, where there is one, what may come next.
   *
   * @return whether that is known; else it has done the work and goes on when it is asked again
   * @throws RuntimeException the constraint is broken, or allows none of {@code vocabulary} tokens
   */
  boolean constrain(int vocabulary, Work work) {
    TokenConstraint constraint = request.constraint();
    if (constraint == null) {
      return true;
    }
    if (!constraint.prepare(work)) {
      return false;
    }
    if (allowed == null) {
      allowed = new AllowedTokens(vocabulary);
    }
    mask = allowed.take(constraint.mask()).orElse(null);
    return true;
  }

  /** Generated tokens and the prompt, as penalties and the random position need them. */
  public TokenHistory history() {
    return history;
  }

  public Status status() {
    return status;
  }

  /** The KV row; only while running. */
  public int slot() {
    if (slot == NO_SLOT) {
      throw new IllegalStateException("a " + status + " sequence has no slot");
    }
    return slot;
  }

  public int token(int position) {
    return tokens.get(position);
  }

  public int promptLength() {
    return request.prompt().length;
  }

  /** Tokens of the prompt and those generated. */
  public int known() {
    return tokens.length();
  }

  /** Tokens whose keys and values are in the slot. */
  public int computed() {
    return computed;
  }

  /** Tokens whose keys and values are in the slot when all steps under way have ended. */
  int started() {
    return started;
  }

  /** Tokens that steps under way sample. */
  int pending() {
    return pending;
  }

  /** Tokens that no step computes yet; those that are pending count. */
  public int remaining() {
    return known() + pending - started;
  }

  /**
   * Whether its next tokens can be computed now. Without a step of its own under way they always
   * can. With one, it may have all it needs until it ends, or the next step needs what only the end
   * of this one tells the host: the token, where it decides what may follow, or the hidden states
   * so far.
   */
  boolean canAdvance() {
    if (started == computed) {
      return true;
    }
    boolean complete =
        remaining() == 0 || (pending > 0 && generated() + pending >= request.maxTokens());
    return !complete && !wantsEmbedding() && !(pending > 0 && (drafting || choosesByHistory()));
  }

  /** Guesses what it says next. */
  Drafter drafter() {
    return drafter;
  }

  /** Whether its next tokens may be guessed: rows behind a guess know nothing but the guess. */
  boolean mayDraft() {
    return !choosesByHistory() && request.promptOutput() == PromptOutput.NOTHING;
  }

  /** Whether what it may say next depends on what it has said. */
  private boolean choosesByHistory() {
    SamplingParams sampling = sampling();
    return request.constraint() != null
        || sampling.presencePenalty() != 0
        || sampling.frequencyPenalty() != 0
        || sampling.repetitionPenalty() != 1;
  }

  public int generated() {
    return known() - promptLength();
  }

  /** Whether it was in a step already; preempted sequences were. */
  public boolean everRan() {
    return everRan;
  }

  /** Log-probabilities of prompt tokens 1 and on, as far as they are computed. */
  public List<Sample> scores() {
    return List.copyOf(scores);
  }

  /**
   * For an embedding: the sum of the hidden states of positions [0, computed); null when nothing is
   * computed. Not to be changed.
   */
  public double[] hiddenSum() {
    return hiddenSum;
  }

  /** The sum up to the computed position, or null for a sequence without an embedding. */
  public void summed(double[] hiddenSum) {
    this.hiddenSum = hiddenSum;
  }

  /** The direction of the mean of the prompt's hidden states, or null when none is asked for. */
  float[] embedding() {
    if (!wantsEmbedding()) {
      return null;
    }
    double squares = 0;
    for (double value : hiddenSum) {
      squares += value * value;
    }
    // The length of the mean cancels out, so the sum is as good; zeros have no direction.
    double length = squares == 0 ? 1 : Math.sqrt(squares);
    float[] embedding = new float[hiddenSum.length];
    for (int i = 0; i < embedding.length; i++) {
      embedding[i] = (float) (hiddenSum[i] / length);
    }
    return embedding;
  }

  public Usage usage() {
    return new Usage(promptLength(), cached, generated());
  }

  /** It gets a slot whose first {@code reused} tokens are already right. */
  public void start(int slot, int reused) {
    this.slot = slot;
    this.computed = reused;
    this.started = reused;
    this.status = Status.RUNNING;
    if (!everRan) {
      everRan = true;
      cached = reused;
    }
  }

  /** Its next {@code count} tokens, for a step. */
  Step.Entry next(int count) {
    return new Step.Entry(
        this,
        started,
        count,
        count == remaining() && request.maxTokens() > 0,
        wantsScores() && started < promptLength() - 1,
        wantsEmbedding(),
        started >= known(),
        history.position() + pending);
  }

  /** A step with this entry of it is made. */
  void begin(Step.Entry entry) {
    started = entry.from() + entry.certain();
    pending += entry.samples() ? 1 : 0;
    drafting |= !entry.draft().isEmpty();
  }

  /** The step of this entry has ended; what it sampled is no longer pending, and not yet known. */
  void complete(Step.Entry entry) {
    advance(entry.from() + entry.certain());
    pending -= entry.samples() ? 1 : 0;
    drafting &= entry.draft().isEmpty();
  }

  /** Nothing is under way any more, and nothing came of it. */
  void giveBack() {
    started = computed;
    pending = 0;
    drafting = false;
  }

  /** Tokens [0, computed) are in the slot now. */
  public void advance(int computed) {
    if (computed < this.computed || computed > known()) {
      throw new IllegalStateException(
          "computed %d -> %d of %d known".formatted(this.computed, computed, known()));
    }
    this.computed = computed;
    this.started = Math.max(started, computed);
  }

  /**
   * A generated token becomes known.
   *
   * @throws RuntimeException the constraint is broken; the token is not known then
   */
  public void append(int token) {
    if (request.constraint() != null) {
      request.constraint().accept(token);
    }
    tokens.append(token);
    history.add(token);
    drafter.chosen(token);
  }

  /** It loses its slot, and keeps its tokens and its place in the random sequence. */
  public void preempt() {
    slot = NO_SLOT;
    computed = 0;
    giveBack();
    hiddenSum = null;
    status = Status.WAITING;
  }

  public void finish() {
    slot = NO_SLOT;
    status = Status.FINISHED;
  }

  HashedTokens tokens() {
    return tokens;
  }

  /** Its part in prefixes that are shared beyond this engine; null where none are. */
  SharedPrefix prefix() {
    return prefix;
  }

  void share(SharedPrefix prefix) {
    this.prefix = prefix;
  }

  /**
   * How many leading tokens may come from the prefix cache. A prompt whose tokens are to be scored
   * needs its logits, so only what is scored already may be skipped; an embedding needs all hidden
   * states, and the cache has none.
   */
  int reusable() {
    return switch (request.promptOutput()) {
      case NOTHING -> known() - 1;
      case SCORES -> wantsScores() ? Math.min(scores.size(), known() - 1) : known() - 1;
      case EMBEDDING -> 0;
    };
  }

  boolean wantsEmbedding() {
    return request.promptOutput() == PromptOutput.EMBEDDING;
  }

  boolean wantsScores() {
    return request.scorePrompt() && scores.size() < promptLength() - 1;
  }

  /** Takes the scores of positions [from, ...) and drops those it has from before a preemption. */
  void addScores(int from, List<Sample> found) {
    for (int i = 0; i < found.size() && wantsScores(); i++) {
      if (from + i >= scores.size()) {
        scores.add(found.get(i));
      }
    }
  }
}
