package platform.deepseek.inference.api.parrot;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import platform.deepseek.inference.engine.ModelRunner;
import platform.deepseek.inference.engine.PendingStep;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.StepOutput;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.TokenLogprob;
import platform.deepseek.inference.text.Tokenizer;

/**
 * A model whose answers can be read off its prompts: it says the last message of a chat and ends
 * its turn, and says any other prompt again and again. A token's log-probability is -0.25, and the
 * alternatives are the ids that follow, one nat apart. A token's hidden state is 1 at its id modulo
 * {@link #EMBEDDING_LENGTH} and 0 elsewhere.
 */
public final class ParrotRunner implements ModelRunner {

  static final int EMBEDDING_LENGTH = 8;

  private final Tokenizer tokenizer;
  private final int contextLength;
  private final int slots;
  private final int turnStart;
  private final int turnEnd;
  private final AtomicBoolean failNext = new AtomicBoolean();
  private volatile long nanosPerStep;
  private int stepsLeft;
  private boolean held;

  ParrotRunner(Tokenizer tokenizer, int contextLength, int slots) {
    this.tokenizer = tokenizer;
    this.contextLength = contextLength;
    this.slots = slots;
    turnStart = tokenizer.id("<|im_start|>").orElseThrow();
    turnEnd = tokenizer.id("<|im_end|>").orElseThrow();
  }

  /** How long the model computes a step from now on. */
  public void pace(long nanosPerStep) {
    this.nanosPerStep = nanosPerStep;
  }

  /** The next step breaks. */
  public void failNext() {
    failNext.set(true);
  }

  /** Computes so many steps more, and then none until {@link #goOn}. */
  public synchronized void holdAfter(int steps) {
    stepsLeft = steps;
    held = true;
    notifyAll();
  }

  /** Ends what {@link #holdAfter} began. */
  public synchronized void goOn() {
    held = false;
    notifyAll();
  }

  private synchronized void awaitTurn() {
    try {
      while (held && stepsLeft == 0) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the engine ends
    }
    stepsLeft--;
  }

  @Override
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public int embeddingLength() {
    return EMBEDDING_LENGTH;
  }

  @Override
  public int stepsAhead() {
    return 1;
  }

  @Override
  public PendingStep start(Step step) {
    awaitTurn();
    if (failNext.getAndSet(false)) {
      throw new IllegalStateException("the parrot fell off its perch");
    }
    if (nanosPerStep > 0) {
      LockSupport.parkNanos(nanosPerStep);
    }
    List<StepOutput.Result> results = new ArrayList<>(step.entries().size());
    for (Step.Entry entry : step.entries()) {
      results.add(
          new StepOutput.Result(
              entry.samples() ? sample(entry.sequence(), allowed(entry.sequence())) : null,
              entry.scores() ? scores(entry) : List.of(),
              entry.embeds() ? hiddenSum(entry) : null));
    }
    return PendingStep.of(new StepOutput(results));
  }

  private static double[] hiddenSum(Step.Entry entry) {
    double[] sum = new double[EMBEDDING_LENGTH];
    for (int position = 0; position < entry.from() + entry.count(); position++) {
      sum[entry.sequence().token(position) % EMBEDDING_LENGTH]++;
    }
    return sum;
  }

  private List<Sample> scores(Step.Entry entry) {
    Sequence sequence = entry.sequence();
    return IntStream.range(entry.from() + 1, entry.from() + entry.count() + 1)
        .filter(position -> position < sequence.known())
        .mapToObj(position -> sample(sequence, sequence.token(position)))
        .toList();
  }

  private Sample sample(Sequence sequence, int token) {
    int top = sequence.sampling().topLogprobs();
    if (top < 0) {
      return new Sample(token, Float.NaN, List.of());
    }
    return new Sample(
        token,
        -0.25f,
        IntStream.range(0, top)
            .mapToObj(i -> new TokenLogprob((token + i) % vocabularySize(), -0.25f - i))
            .toList());
  }

  /** What it would say, or where it may not the first token that it may. */
  private int allowed(Sequence sequence) {
    int token = next(sequence);
    LogitMask mask = sequence.mask();
    while (mask != null && !mask.allows(token)) {
      token = (token + 1) % vocabularySize();
    }
    return token;
  }

  private int next(Sequence sequence) {
    int prompt = sequence.promptLength();
    int assistant = last(sequence, turnStart, prompt);
    if (assistant < 0) {
      return sequence.token(sequence.generated() % prompt);
    }
    int start = last(sequence, turnStart, assistant);
    while (!endsLine(sequence.token(start))) {
      start++;
    }
    start++;
    int length = last(sequence, turnEnd, assistant) - start;
    int position = sequence.generated() % (length + 1);
    return position == length ? turnEnd : sequence.token(start + position);
  }

  private boolean endsLine(int token) {
    byte[] bytes = tokenizer.bytes(token);
    return bytes[bytes.length - 1] == '\n';
  }

  private static int last(Sequence sequence, int token, int before) {
    for (int i = before - 1; i >= 0; i--) {
      if (sequence.token(i) == token) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public void copyPrefix(int fromSlot, int toSlot, int tokens) {}

  @Override
  public void trim(int slot, int tokens) {}

  @Override
  public void close() {}
}
