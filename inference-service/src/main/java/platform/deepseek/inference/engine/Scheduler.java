package platform.deepseek.inference.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import platform.deepseek.inference.engine.StepOutput.Result;
import platform.deepseek.inference.kv.Placement;
import platform.deepseek.inference.kv.SlotPool;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;
import platform.deepseek.inference.sampling.Sample;

/**
 * Decides which tokens of which sequences are computed next.
 *
 * <p>There is one rule and no "prefill" or "decode" phase (vLLM v1): every sequence has computed
 * and known tokens, and a step hands out a budget of tokens so that computed catches up. A prompt
 * is a sequence far behind, a stream is one token behind. Running sequences are served first,
 * oldest first, then waiting ones are admitted with what is left; so only the youngest running
 * sequence can be more than one token behind, streams never wait for a prompt longer than one step,
 * and a long prompt comes in chunks.
 *
 * <p>A step can be made while others are under way. Then sequences count as if those had ended well
 * ({@link Sequence} has the bookkeeping); one that must know the outcome first sits this step out.
 * A sequence that ends meanwhile leaves at once, and what steps under way still bring of it is
 * dropped.
 *
 * <p>Memory for all known tokens is reserved at admission and grows token by token. When a running
 * sequence finds no room, the youngest gives up its slot, goes to the front of the queue with its
 * tokens, and its content stays as a cached prefix for as long as it can. Nobody is admitted in
 * such a step, and nobody loses a slot while steps are under way: then no step is made until they
 * have ended. Running sequences and those that lost a slot are always in order of admission, so the
 * oldest ends; who is admitted next says {@link FairQueue}, and everybody's turn comes.
 */
final class Scheduler {
  private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

  private final SlotPool pool;
  private final StepBudget stepBudget;
  private final int vocabulary;
  private final EngineObserver observer;
  private final PrefixExchange prefixes;
  private final BatchLimit batch;
  private final Speculation speculation;
  private final FairQueue<Sequence> waiting = new FairQueue<>();
  private final List<Sequence> running = new ArrayList<>();

  private final StepsUnderWay underWay = new StepsUnderWay();

  /** Of the step that is being made. */
  private ConstraintWork constraints = new ConstraintWork();

  /** Those that ended while the step was made; told when it has run. */
  private final List<Progress> broken = new ArrayList<>();

  /** The device had no memory for a prefix. */
  private boolean memoryShort;

  Scheduler(
      SlotPool pool,
      EngineConfig config,
      StepBudget stepBudget,
      int vocabulary,
      EngineObserver observer,
      PrefixExchange prefixes,
      Speculation speculation) {
    this.pool = pool;
    this.stepBudget = stepBudget;
    this.vocabulary = vocabulary;
    this.observer = observer;
    this.prefixes = prefixes;
    this.speculation = speculation;
    this.batch = new BatchLimit(config.maxBatch());
  }

  /** It waits for its turn, and for its prefix where that may be on its way. */
  void enqueue(Sequence sequence) {
    prefixes.arrived(sequence);
    waiting.add(sequence, sequence.request().share());
  }

  /** The next step; empty when nothing can be computed before the steps under way have ended. */
  Step schedule() {
    var entries = new ArrayList<Step.Entry>();
    constraints = new ConstraintWork();
    if (memoryShort && !underWay.isEmpty()) {
      return new Step(entries);
    }
    if (memoryShort) {
      giveUpMemory();
    }
    int startable = Math.min(waiting.size(), freePlaces());
    int budget = stepBudget.tokens(streams(), startable);
    switch (continueRunning(entries, budget)) {
      case OPEN -> admitWaiting(entries, budget - Step.tokens(entries));
      case CLOSED -> {}
      case SHORT -> entries.clear();
    }
    speculation.extend(entries, budget - Step.tokens(entries));
    var step = new Step(entries);
    if (!step.isEmpty()) {
      underWay.begin(step);
    }
    return step;
  }

  /** Sequences that say something in each step. */
  private int streams() {
    return (int) running.stream().filter(sequence -> sequence.remaining() <= 1).count();
  }

  /** Every running sequence gets its share of the budget. */
  private Room continueRunning(List<Step.Entry> entries, int tokens) {
    int budget = tokens;
    Room room = Room.OPEN;
    // A copy, because a sequence whose constraint is broken leaves.
    for (Sequence sequence : List.copyOf(running)) {
      if (budget == 0 || sequence.status() != Sequence.Status.RUNNING) {
        break; // those behind one that lost its slot lost theirs before
      }
      if (!sequence.canAdvance()) {
        room = sequence.remaining() > 1 ? Room.CLOSED : room;
        continue;
      }
      int count = Math.min(sequence.remaining(), budget);
      while (sequence.status() == Sequence.Status.RUNNING
          && !pool.tryExtend(sequence.slot(), sequence.started() + count)) {
        if (!underWay.isEmpty()) {
          return Room.SHORT;
        }
        preempt(running.removeLast());
        room = Room.CLOSED;
      }
      if (sequence.status() == Sequence.Status.RUNNING) {
        budget -= enter(sequence, count, entries);
      }
    }
    return room;
  }

  private void admitWaiting(List<Step.Entry> entries, int tokens) {
    int budget = tokens;
    while (budget > 0 && !memoryShort && freePlaces() > 0) {
      Sequence sequence = waiting.peek(prefixes::isReady);
      if (sequence == null) {
        return;
      }
      Optional<Placement> placement = pool.place(sequence.tokens(), sequence.reusable());
      if (placement.isEmpty()
          || prefixes.worthWaiting(sequence, placement.get(), underWay, entries)) {
        return;
      }
      waiting.take(sequence);
      if (tryStart(sequence, placement.get())) {
        int count = Math.min(sequence.remaining(), budget);
        budget -= enter(sequence, count, entries);
      }
    }
  }

  /**
   * False when the runner could not copy the prefix: that sequence fails, the others go on. Where
   * only memory was missing it waits until some was given up.
   */
  private boolean tryStart(Sequence sequence, Placement placement) {
    int reused;
    try {
      pool.take(placement, sequence.tokens());
      reused = fill(sequence, placement);
    } catch (DeviceLostException lost) {
      throw lost;
    } catch (DeviceMemoryException failure) {
      LOG.log(
          System.Logger.Level.WARNING, "no device memory for a prefix: {0}", failure.getMessage());
      memoryShort = true;
      waiting.addFirst(sequence);
      return false;
    } catch (RuntimeException | Error failure) {
      LOG.log(System.Logger.Level.ERROR, "copying a prefix between KV slots failed", failure);
      finish(sequence);
      broken.add(new Progress.Broken(sequence, EngineErrors.runnerFailed(failure)));
      return false;
    }
    if (!sequence.everRan()) { // who lost its slot does not pay for it
      waiting.charge(sequence.request().share(), sequence.known() - reused);
    }
    sequence.start(placement.slot(), reused);
    running.add(sequence);
    if (reused > 0) {
      observer.prefixHit(reused);
    }
    return true;
  }

  /** Tokens that are in the slot that it took; one that cannot be filled is given back. */
  private int fill(Sequence sequence, Placement placement) {
    try {
      int reused = prefixes.start(sequence, placement);
      pool.computed(placement.slot(), reused);
      return reused;
    } catch (DeviceLostException lost) {
      throw lost;
    } catch (RuntimeException | Error failure) {
      pool.discard(placement.slot());
      throw failure;
    }
  }

  private void preempt(Sequence sequence) {
    pool.release(sequence.slot());
    sequence.preempt();
    waiting.addFirst(sequence);
    observer.preempted();
  }

  /**
   * How many of its next tokens are in the step. None when its constraint is broken: that sequence
   * ends, the others go on. One less, and so no token said, while its constraint is still finding
   * out what may come next.
   */
  private int enter(Sequence sequence, int count, List<Step.Entry> entries) {
    Step.Entry entry = sequence.next(count);
    int entered = count;
    if (entry.samples()) {
      try {
        entered -= constraints.prepare(sequence, vocabulary) ? 0 : 1;
      } catch (RuntimeException | Error failure) {
        running.remove(sequence);
        breakOff(sequence, failure, broken);
        return 0;
      }
    }
    if (entered > 0) {
      entries.add(entered == count ? entry : sequence.next(entered));
    }
    return entered;
  }

  /** Ends a running sequence whose constraint threw; what it has computed is right and stays. */
  private void breakOff(Sequence sequence, Throwable failure, List<Progress> progress) {
    boolean asked = failure instanceof ConstraintTooCostlyException; // who asked for it is told
    LOG.log(
        asked ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR,
        "the constraint of a sequence failed",
        failure);
    leave(sequence);
    finish(sequence);
    progress.add(new Progress.Broken(sequence, EngineErrors.constraintFailed(failure)));
  }

  /** What is to be told although no step has ended. */
  List<Progress> news() {
    var news = new ArrayList<>(broken);
    broken.clear();
    return news;
  }

  /** Books what the oldest step under way brought. */
  List<Progress> complete(Step step, StepOutput output) {
    underWay.end(step);
    List<Progress> progress = news();
    for (int i = 0; i < step.entries().size(); i++) {
      Step.Entry entry = step.entries().get(i);
      if (entry.sequence().status() == Sequence.Status.RUNNING) {
        complete(entry, output.results().get(i), progress);
      }
    }
    running.removeIf(sequence -> sequence.status() == Sequence.Status.FINISHED);
    batch.stepEnded();
    return progress;
  }

  private void complete(Step.Entry entry, Result result, List<Progress> progress) {
    Sequence sequence = entry.sequence();
    sequence.complete(entry);
    pool.computed(sequence.slot(), sequence.computed());
    sequence.addScores(entry.from(), result.scores());
    sequence.summed(result.hiddenSum());
    if (sequence.computed() < sequence.known()) {
      return;
    }
    if (sequence.generated() == 0) {
      progress.add(new Progress.PromptDone(sequence));
    }
    endAtLimit(sequence, progress);
    for (Sample sample : result.samples()) {
      if (sequence.status() == Sequence.Status.RUNNING) {
        say(sequence, sample, progress);
      }
    }
    speculation.settle(entry, result);
  }

  /** It says one more token. Those that it has said in this step were drafts, and are computed. */
  private void say(Sequence sequence, Sample sample, List<Progress> progress) {
    sequence.advance(sequence.known());
    pool.computed(sequence.slot(), sequence.computed());
    GenerationRequest request = sequence.request();
    if (request.stopTokens().contains(sample.token())) {
      end(sequence, FinishReason.STOP, progress);
      return;
    }
    try {
      sequence.append(sample.token());
    } catch (RuntimeException | Error failure) {
      breakOff(sequence, failure, progress);
      return;
    }
    waiting.charge(request.share(), 1);
    progress.add(new Progress.Generated(sequence, sample));
    endAtLimit(sequence, progress);
  }

  private void endAtLimit(Sequence sequence, List<Progress> progress) {
    if (sequence.generated() == sequence.request().maxTokens()) {
      end(sequence, FinishReason.LENGTH, progress);
    }
  }

  private void end(Sequence sequence, FinishReason reason, List<Progress> progress) {
    leave(sequence);
    finish(sequence);
    progress.add(new Progress.Ended(sequence, reason));
  }

  /** It gives its slot back; what it has computed is right and stays. */
  private void leave(Sequence sequence) {
    pool.release(sequence.slot());
    prefixes.left(sequence);
  }

  private void finish(Sequence sequence) {
    sequence.finish();
    prefixes.ended(sequence);
  }

  /**
   * A step failed, and with it all that were under way: their sequences end, and nobody may reuse
   * what they may have half written. Where a slot has changed hands since, or a later step may have
   * copied out of it, what is right cannot be told from what is wrong: then no prefix stays.
   */
  List<Progress> fail(EngineError error) {
    List<Progress> progress = news();
    List<Sequence> hit = underWay.entries().stream().map(Step.Entry::sequence).distinct().toList();
    boolean mixed =
        underWay.size() > 1 || hit.stream().anyMatch(s -> s.status() != Sequence.Status.RUNNING);
    underWay.clear();
    if (mixed) { // first: a slot that cannot be given back must not leave them there
      pool.evictCached();
    }
    for (Sequence sequence : hit) {
      if (sequence.status() == Sequence.Status.RUNNING) {
        discard(sequence);
        progress.add(new Progress.Broken(sequence, error));
      }
    }
    return progress;
  }

  /**
   * The device had no memory for a step. What was under way is given back and tried again with a
   * quarter of the sequences, without cached prefixes and without drafts. Only one that fails alone
   * must end.
   */
  List<Progress> exhausted(DeviceMemoryException failure) {
    List<Progress> progress = news();
    boolean drafted = speculation.retreat(underWay.entries());
    underWay.clear();
    running.forEach(Sequence::giveBack);
    running.forEach(speculation::giveBack);
    if (running.size() == 1 && pool.stats().cached() == 0 && !drafted) {
      Sequence alone = running.getFirst();
      progress.add(new Progress.Broken(alone, EngineErrors.deviceMemory(alone.known(), failure)));
      discard(alone);
    } else {
      giveUpMemory();
    }
    return progress;
  }

  /**
   * The youngest lose their slots until few enough run, and none but the last is in its prompt;
   * nothing must be under way.
   */
  private void giveUpMemory() {
    memoryShort = false;
    batch.lower(running.size());
    LOG.log(
        System.Logger.Level.WARNING,
        "device memory ran out with {0} sequences running; {1} may run for now",
        running.size(),
        batch.current());
    while (running.size() > batch.current()
        || (running.size() > 1 && running.get(running.size() - 2).remaining() > 1)) {
      preempt(running.removeLast());
    }
    pool.evictCached();
  }

  /** Nothing is under way any more, nobody wants what was, and no prefix is trusted. */
  void drop() {
    underWay.clear();
    broken.clear();
    memoryShort = false;
    pool.evictCached();
  }

  /** Takes a sequence out; what it has computed stays as a prefix. Nothing when it has ended. */
  void remove(Sequence sequence) {
    switch (sequence.status()) {
      case WAITING -> waiting.remove(sequence);
      case RUNNING -> {
        running.remove(sequence);
        leave(sequence);
      }
      case FINISHED -> {
        return;
      }
    }
    finish(sequence);
  }

  /** Like {@link #remove}, and nobody may reuse what it has computed. */
  void discard(Sequence sequence) {
    try {
      if (running.remove(sequence)) {
        pool.discard(sequence.slot());
      }
    } finally {
      waiting.remove(sequence);
      finish(sequence);
    }
  }

  /** Whether a step can be made or is under way; who waits for a prefix can do nothing. */
  boolean hasWork() {
    return !running.isEmpty() || !underWay.isEmpty() || waiting.peek(prefixes::isReady) != null;
  }

  /** Waiting sequences, the next one first; a copy. */
  List<Sequence> waiting() {
    return waiting.all();
  }

  int waitingCount() {
    return waiting.size();
  }

  int runningCount() {
    return running.size();
  }

  /** Sequences that may run now. */
  int batchLimit() {
    return batch.current();
  }

  int freePlaces() {
    return batch.current() - running.size();
  }

  /** Throws IllegalStateException when queues and statuses do not agree. */
  void checkIntegrity() {
    boolean agree =
        running.size() <= batch.current()
            && broken.isEmpty()
            && running.stream().allMatch(s -> s.status() == Sequence.Status.RUNNING)
            && waiting.all().stream().allMatch(s -> s.status() == Sequence.Status.WAITING)
            && running.stream().mapToInt(Sequence::slot).distinct().count() == running.size()
            && running.stream().filter(s -> s.remaining() > 1).count() <= 1;
    if (!agree) {
      throw new IllegalStateException(
          "%d running and %d waiting sequences do not agree with their states"
              .formatted(running.size(), waiting.size()));
    }
  }
}
