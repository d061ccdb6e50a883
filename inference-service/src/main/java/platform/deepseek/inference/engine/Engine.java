package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.kv.PoolConfig;
import platform.deepseek.inference.kv.PoolStats;
import platform.deepseek.inference.kv.SlotPool;

/**
 * Takes requests from any thread and brings their tokens, many at a time, from one model.
 *
 * <p>One platform thread owns everything: sequences, slots, prefixes and the runner. Other threads
 * reach it through an inbox only, so nothing in here needs a lock, and a run is a function of the
 * requests and the order they came in. With nothing to do the thread sleeps.
 */
public final class Engine implements GenerationService {
  private static final System.Logger LOG = System.getLogger(Engine.class.getName());

  /** How long it sleeps at most while it ends, in milliseconds. */
  private static final long CLOSING_TURN = 10;

  /** How long prefixes that are still to be handed over may hold up the end. */
  private static final Duration HANDOVER_GRACE = Duration.ofSeconds(5);

  private final ModelRunner runner;
  private final EngineConfig config;
  private final EngineObserver observer;
  private final LongSupplier clock;
  private final Consumer<DeviceLostException> fatal;
  private final SlotPool pool;
  private final Scheduler scheduler;
  private final Pipeline pipeline;
  private final PrefixExchange prefixes;
  private final Admission admission;
  private final Inbox inbox = new Inbox();

  /** Read from the inbox and not yet obeyed: a failure in between must lose nobody. */
  private final Deque<Inbox.Command> commands = new ArrayDeque<>();

  private final Map<Sequence, Stream> streams = new IdentityHashMap<>();
  private final Thread thread = Thread.ofPlatform().name("engine").unstarted(this::loop);
  private volatile EngineStats stats;
  private volatile Shutdown shutdown;
  private volatile DeviceLostException lost;

  private record Shutdown(long since, Duration grace) {}

  Engine(
      ModelRunner runner,
      EngineConfig config,
      PrefixSharing sharing,
      EngineObserver observer,
      LongSupplier clock,
      Consumer<DeviceLostException> fatal) {
    if (runner.slots() < config.maxBatch()) {
      throw new IllegalArgumentException(
          "maxBatch %d needs as many slots, the runner has %d; lower maxBatch"
              .formatted(config.maxBatch(), runner.slots()));
    }
    this.runner = runner;
    this.config = config;
    this.observer = observer;
    this.clock = clock;
    this.fatal = fatal;
    this.pool = new SlotPool(poolConfig(runner, config), runner);
    var budget = new StepBudget(config.tokensPerStep(), config.targetStep());
    this.prefixes =
        PrefixExchange.of(
            sharing, runner, pool, observer, clock, () -> inbox.offer(new Inbox.Command.Wake()));
    int drafts = config.speculation() ? runner.draftTokens() : 0;
    this.scheduler =
        new Scheduler(
            pool,
            config,
            budget,
            runner.vocabularySize(),
            observer,
            prefixes,
            new Speculation(drafts, pool, observer));
    this.pipeline = new Pipeline(runner, budget, observer, prefixes, clock);
    this.admission = new Admission(config, pool.config().longestSequence());
    updateStats();
  }

  /** An engine that only logs when its device is lost, and shares no prefixes. */
  public static Engine start(ModelRunner runner, EngineConfig config, EngineObserver observer) {
    return start(runner, config, observer, lost -> {});
  }

  /** An engine that shares no prefixes. */
  public static Engine start(
      ModelRunner runner,
      EngineConfig config,
      EngineObserver observer,
      Consumer<DeviceLostException> fatal) {
    return start(runner, config, PrefixSharing.NONE, observer, fatal);
  }

  /**
   * Starts the loop thread and takes the runner over: it is closed with the engine.
   *
   * @param fatal told, on the loop thread, that the device is lost: all requests have failed, the
   *     engine has ended, and only a new process can help. The runner is left as it is then,
   *     because its calls may never return.
   */
  public static Engine start(
      ModelRunner runner,
      EngineConfig config,
      PrefixSharing sharing,
      EngineObserver observer,
      Consumer<DeviceLostException> fatal) {
    var engine = new Engine(runner, config, sharing, observer, System::nanoTime, fatal);
    engine.thread.start();
    return engine;
  }

  private static PoolConfig poolConfig(ModelRunner runner, EngineConfig config) {
    int everything =
        Math.multiplyExact(
            runner.slots(), Math.ceilDiv(runner.contextLength(), config.blockTokens()));
    return new PoolConfig(
        runner.slots(),
        runner.contextLength(),
        config.blockTokens(),
        config.kvBlocks() == 0 ? everything : config.kvBlocks(),
        config.prefixReuse());
  }

  @Override
  public int longestSequence() {
    return pool.config().longestSequence();
  }

  @Override
  public int places() {
    return config.maxBatch();
  }

  @Override
  public int embeddingLength() {
    return runner.embeddingLength();
  }

  /** What the engine held after its latest step. */
  @Override
  public EngineStats stats() {
    return stats;
  }

  @Override
  public List<EngineStats> statsOfEach() {
    return List.of(stats);
  }

  @Override
  public Submission submit(GenerationRequest request, Consumer<TokenEvent> consumer) {
    requireWellFormed(request);
    return submit(request, consumer, clock.getAsLong());
  }

  /** A well-formed request that has waited elsewhere since it arrived, by the engine's clock. */
  Submission submit(GenerationRequest request, Consumer<TokenEvent> consumer, long arrived) {
    var sequence = new Sequence(request, config.blockTokens());
    var stream = new Stream(sequence, consumer, observer, arrived);
    if (!inbox.offer(new Inbox.Command.Submit(stream))) {
      // The loop thread is gone, so the caller's own thread brings the news.
      stream.fail(ending().orElseGet(EngineErrors::shuttingDown));
    }
    return () -> inbox.offer(new Inbox.Command.Cancel(stream));
  }

  void requireWellFormed(GenerationRequest request) {
    request.requireWellFormed(runner.vocabularySize());
  }

  // ---- the loop thread

  private void loop() {
    try {
      while (!finished()) {
        boolean busy = scheduler.hasWork() || !commands.isEmpty() || prefixes.canAdvance();
        turn(busy ? inbox.drain() : shutdown == null ? inbox.await() : inbox.await(CLOSING_TURN));
      }
    } catch (InterruptedException interrupted) {
      LOG.log(System.Logger.Level.WARNING, "the engine's thread was interrupted; closing");
    } catch (RuntimeException | Error failure) {
      // Without its loop the process would stay, ready for requests that nobody computes.
      LOG.log(System.Logger.Level.ERROR, "the engine's loop failed; the engine ends", failure);
      loseDevice(new DeviceLostException("the engine's loop failed", failure));
    } finally {
      end();
    }
  }

  /** One round: hear the outside, then advance everybody by one step. */
  void turn(List<Inbox.Command> news) {
    commands.addAll(news);
    try {
      obeyAll();
      refuseWaiting();
      if (scheduler.hasWork()) {
        step();
      }
      prefixes.advance();
    } catch (DeviceLostException failure) {
      LOG.log(System.Logger.Level.ERROR, "the device is lost; the engine ends", failure);
      loseDevice(failure);
    } catch (RuntimeException | Error failure) {
      // A broken invariant of our own. Nobody may wait for ever, and nothing computed is trusted.
      LOG.log(System.Logger.Level.ERROR, "the engine failed; all its requests end", failure);
      failAll(EngineErrors.runnerFailed(failure));
    }
    updateStats();
  }

  /** For tests that play the loop thread. */
  void turn() {
    turn(inbox.drain());
  }

  void step() {
    Step step = scheduler.schedule();
    Pipeline.Outcome outcome = pipeline.run(step);
    List<Progress> progress = complete(outcome);
    publish(progress);
  }

  private List<Progress> complete(Pipeline.Outcome outcome) {
    List<Progress> progress =
        switch (outcome) {
          case Pipeline.Outcome.Nothing nothing -> scheduler.news();
          case Pipeline.Outcome.Done done -> scheduler.complete(done.step(), done.output());
          case Pipeline.Outcome.Exhausted exhausted -> scheduler.exhausted(exhausted.cause());
          case Pipeline.Outcome.Failed failed ->
              scheduler.fail(EngineErrors.runnerFailed(failed.cause()));
        };
    // Before the news goes out, so that who hears it sees the slot it left.
    updateStats();
    return progress;
  }

  private void publish(List<Progress> progress) {
    long now = clock.getAsLong();
    for (Progress news : progress) {
      Stream stream = streams.get(news.sequence());
      if (stream == null) {
        continue; // its consumer failed at an earlier event of this step
      }
      switch (news) {
        case Progress.PromptDone done -> {
          admission.started(now, scheduler.waitingCount());
          stream.started(now);
        }
        case Progress.Generated generated -> stream.token(generated.sample(), now);
        case Progress.Ended ended -> stream.finish(ended.reason());
        case Progress.Broken broken -> stream.fail(broken.error());
      }
      if (stream.ended()) {
        forget(stream);
      }
    }
  }

  private void obeyAll() {
    while (!commands.isEmpty()) {
      obey(commands.removeFirst());
    }
  }

  private void obey(Inbox.Command command) {
    switch (command) {
      case Inbox.Command.Submit submit -> accept(submit.stream());
      case Inbox.Command.Cancel cancel -> {
        if (streams.containsKey(cancel.stream().sequence())) {
          forget(cancel.stream());
          cancel.stream().finish(FinishReason.CANCELLED);
        }
      }
      case Inbox.Command.Lose lose -> throw lose.failure();
      case Inbox.Command.Wake wake -> {}
    }
  }

  private void accept(Stream stream) {
    Optional<EngineError> objection =
        ending()
            .or(
                () ->
                    admission.objection(
                        stream.sequence().request(),
                        scheduler.waitingCount(),
                        scheduler.freePlaces()));
    if (objection.isPresent()) {
      stream.fail(objection.get());
      return;
    }
    streams.put(stream.sequence(), stream);
    scheduler.enqueue(stream.sequence());
  }

  /** Requests that never ran fail when their deadline has passed or the engine is closing. */
  private void refuseWaiting() {
    long now = clock.getAsLong();
    for (Sequence sequence : scheduler.waiting()) {
      if (!sequence.everRan()) {
        Stream stream = streams.get(sequence);
        refusal(stream, now)
            .ifPresent(
                error -> {
                  forget(stream);
                  stream.fail(error);
                });
      }
    }
  }

  private Optional<EngineError> refusal(Stream stream, long now) {
    return ending()
        .or(
            () ->
                admission.overdue(
                    stream.age(now),
                    stream.sequence().request().startWithin(),
                    scheduler.waitingCount()));
  }

  /** Why nothing new is taken, or empty while everything is. */
  private Optional<EngineError> ending() {
    DeviceLostException failure = lost;
    if (failure != null) {
      return Optional.of(EngineErrors.deviceLost(failure));
    }
    return shutdown == null ? Optional.empty() : Optional.of(EngineErrors.shuttingDown());
  }

  private void forget(Stream stream) {
    scheduler.remove(stream.sequence());
    streams.remove(stream.sequence());
    updateStats();
  }

  private void failAll(EngineError error) {
    try {
      pipeline.drop();
      orLog(scheduler::drop);
      for (Stream stream : List.copyOf(streams.values())) {
        orLog(() -> scheduler.discard(stream.sequence()));
        orLog(() -> stream.fail(error));
        streams.remove(stream.sequence());
      }
    } catch (DeviceLostException failure) {
      loseDevice(failure);
    }
  }

  /** What fails here, such as giving memory back, must not keep anybody waiting. */
  private static void orLog(Runnable act) {
    try {
      act.run();
    } catch (DeviceLostException lost) {
      throw lost;
    } catch (RuntimeException | Error failure) {
      LOG.log(System.Logger.Level.ERROR, "a part of the engine's state was lost", failure);
    }
  }

  /** All requests end. Slots are left as they are: every call of the device would fail. */
  private void loseDevice(DeviceLostException failure) {
    lost = failure;
    updateStats(); // before the news goes out, as always
    for (Stream stream : List.copyOf(streams.values())) {
      orLog(() -> stream.fail(EngineErrors.deviceLost(failure)));
    }
    streams.clear();
  }

  private void updateStats() {
    if (lost != null) {
      stats = EngineStats.deviceLost();
      return;
    }
    PoolStats kv = pool.stats();
    stats =
        new EngineStats(
            1,
            0,
            scheduler.runningCount(),
            scheduler.waitingCount(),
            scheduler.batchLimit(),
            kv.running(),
            kv.cached(),
            kv.total(),
            runner.kvMemory());
  }

  private boolean finished() {
    if (lost != null) {
      return true;
    }
    Shutdown closing = shutdown;
    if (closing == null) {
      return false;
    }
    Duration elapsed = Duration.ofNanos(clock.getAsLong() - closing.since());
    boolean handedOver = prefixes.isIdle() || elapsed.compareTo(HANDOVER_GRACE) > 0;
    return (!scheduler.hasWork() && handedOver) || elapsed.compareTo(closing.grace()) > 0;
  }

  private void end() {
    commands.addAll(inbox.close());
    while (!commands.isEmpty()) { // each of them is taken off before it is obeyed
      try {
        orLog(this::obeyAll);
      } catch (DeviceLostException failure) {
        loseDevice(failure);
      }
    }
    if (lost == null) {
      failAll(EngineErrors.shuttingDown());
    }
    orLog(this::updateStats);
    if (lost == null) {
      runner.close();
    } else {
      fatal.accept(lost);
    }
  }

  @Override
  public void lose(DeviceLostException failure) {
    inbox.offer(new Inbox.Command.Lose(failure));
  }

  @Override
  public void close(Duration grace) {
    synchronized (inbox) {
      if (shutdown == null) {
        shutdown = new Shutdown(clock.getAsLong(), grace);
      }
    }
    inbox.offer(new Inbox.Command.Wake());
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  Thread thread() {
    return thread;
  }

  /** For tests beside the loop: looks at the books while that sleeps, and says whether it did. */
  boolean checkIntegrityAsleep() {
    synchronized (inbox) { // without which it cannot wake up
      boolean asleep = thread.getState() == Thread.State.WAITING || !thread.isAlive();
      if (asleep) {
        checkIntegrity();
      }
      return asleep;
    }
  }

  void checkIntegrity() {
    pool.checkIntegrity();
    scheduler.checkIntegrity();
    prefixes.checkIntegrity(!streams.isEmpty());
  }
}
