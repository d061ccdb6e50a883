package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import platform.deepseek.inference.engine.prefix.PrefixSharing;

/**
 * Several engines, one for each device, behind one queue.
 *
 * <p>An engine is given no more requests than it can run, so what waits waits here, for whichever
 * engine is free first; a queue of its own for each would let one device idle while requests wait
 * for another. Among engines with a free place, one that was sent the same beginning before is
 * taken, as long as that leaves it only a little fuller than the others, else the least loaded one.
 *
 * <p>A lost device ends its own engine; the others go on, and nothing more is sent there.
 *
 * <p>Thread safe: one lock, never held while an engine or a consumer is called.
 */
public final class EngineGroup implements GenerationService {

  private static final System.Logger LOG = System.getLogger(EngineGroup.class.getName());

  /** How much fuller, as a part of its places, an engine may become for the sake of a prefix. */
  private static final int SLACK = 4;

  private static final Duration FOREVER = Duration.ofDays(365);

  private final List<Engine> engines;
  private final EngineConfig config;
  private final EngineObserver observer;
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("engine-queue").factory());

  private final Object lock = new Object();
  private final Admission admission;
  private final PrefixRoutes routes;
  private final FairQueue<Ticket> queue = new FairQueue<>();

  /** Requests that each engine was given and that have not ended. */
  private final int[] load;

  /** Why nothing is sent to an engine any more; null while it takes requests. */
  private final EngineError[] gone;

  private boolean closed;

  private EngineGroup(List<Engine> engines, EngineConfig config, EngineObserver observer) {
    this.engines = List.copyOf(engines);
    this.config = config;
    this.observer = observer;
    this.admission = new Admission(config, longestSequence());
    this.routes = new PrefixRoutes(config.blockTokens());
    this.load = new int[engines.size()];
    this.gone = new EngineError[engines.size()];
  }

  /**
   * Starts an engine for each runner. Of one runner it is that engine and nothing else.
   *
   * @param config of each engine; the queue is one for all
   * @param sharing of each engine
   * @param observer called by the threads of all engines
   * @param fatal told when the last device is lost
   */
  public static GenerationService start(
      List<ModelRunner> runners,
      EngineConfig config,
      PrefixSharing sharing,
      EngineObserver observer,
      Consumer<DeviceLostException> fatal) {
    if (runners.isEmpty() || runners.size() > PrefixRoutes.MOST_ENGINES) {
      throw new IllegalArgumentException(
          "%d devices: 1 to %d can serve together"
              .formatted(runners.size(), PrefixRoutes.MOST_ENGINES));
    }
    var left = new AtomicInteger(runners.size());
    List<Engine> engines = new ArrayList<>();
    for (ModelRunner runner : runners) {
      int engine = engines.size();
      Consumer<DeviceLostException> oneLost =
          lost -> {
            int others = left.decrementAndGet();
            if (others == 0) {
              fatal.accept(lost);
            } else {
              LOG.log(
                  System.Logger.Level.ERROR,
                  "engine {0} has lost its device: {1} of {2} engines go on; a restart of the"
                      + " service brings it back if the device is well",
                  engine,
                  others,
                  runners.size());
            }
          };
      engines.add(Engine.start(runner, config, sharing, observer, oneLost));
    }
    return engines.size() == 1 ? engines.getFirst() : new EngineGroup(engines, config, observer);
  }

  /** A request, from its arrival to its last event. */
  private final class Ticket implements Consumer<TokenEvent>, Submission {
    private final GenerationRequest request;
    private final Consumer<TokenEvent> consumer;
    private final long arrived = System.nanoTime();
    private int engine = -1;
    private boolean ended;
    private boolean cancelled;
    private long generated; // by the one thread of its engine
    private Submission submission;
    private Future<?> deadline;

    Ticket(GenerationRequest request, Consumer<TokenEvent> consumer) {
      this.request = request;
      this.consumer = consumer;
    }

    /** Hands it to the engine that was chosen. */
    void give() {
      Submission given;
      try {
        given = engines.get(engine).submit(request, this, arrived);
      } catch (RuntimeException | Error failure) {
        // Whoever is on this thread has a request of his own: the place and the news are this
        // one's.
        LOG.log(System.Logger.Level.ERROR, "a request could not be handed to an engine", failure);
        leave(this, null);
        fail(EngineErrors.runnerFailed(failure));
        return;
      }
      boolean tooLate;
      synchronized (lock) {
        submission = given;
        tooLate = cancelled;
      }
      if (tooLate) {
        given.cancel();
      }
    }

    @Override
    public void accept(TokenEvent event) {
      switch (event) {
        case TokenEvent.Started started -> tell(event);
        case TokenEvent.Token token -> {
          generated++;
          tell(event);
        }
        case TokenEvent.Finished finished -> {
          leave(this, null);
          consumer.accept(event);
        }
        case TokenEvent.Failed failed -> {
          leave(this, failed.error());
          consumer.accept(event);
        }
      }
    }

    /** A consumer that throws hears no more, and its engine cancels the request. */
    private void tell(TokenEvent event) {
      try {
        consumer.accept(event);
      } catch (RuntimeException | Error failure) {
        leave(this, null);
        throw failure;
      }
    }

    void fail(EngineError error) {
      observer.requestFailed(error.code());
      tellLast(new TokenEvent.Failed(error));
    }

    /** A consumer that throws must not keep those behind it from hearing of their end. */
    private void tellLast(TokenEvent event) {
      try {
        consumer.accept(event);
      } catch (RuntimeException | Error failure) {
        LOG.log(System.Logger.Level.WARNING, "a consumer of token events failed", failure);
      }
    }

    @Override
    public void cancel() {
      Submission given;
      boolean waited;
      synchronized (lock) {
        cancelled = true;
        given = submission;
        waited = queue.remove(this);
      }
      if (given != null) {
        given.cancel();
      }
      if (waited) {
        Usage usage = new Usage(request.prompt().length, 0, 0);
        observer.requestFinished(FinishReason.CANCELLED, usage);
        tellLast(new TokenEvent.Finished(FinishReason.CANCELLED, usage));
      }
    }

    /** Its deadline has passed. */
    void expire() {
      EngineError error;
      synchronized (lock) {
        if (!queue.remove(this)) {
          return;
        }
        Duration waited = Duration.ofNanos(System.nanoTime() - arrived);
        error =
            EngineErrors.deadlineExceeded(
                waited, request.startWithin(), admission.retryAfter(queue.size()));
      }
      fail(error);
    }
  }

  @Override
  public Submission submit(GenerationRequest request, Consumer<TokenEvent> consumer) {
    engines.getFirst().requireWellFormed(request);
    var ticket = new Ticket(request, consumer);
    Optional<EngineError> objection;
    synchronized (lock) {
      objection = ending().or(() -> admission.objection(request, queue.size(), freePlaces()));
      if (objection.isEmpty()) {
        queue.add(ticket, request.share());
      }
    }
    objection.ifPresentOrElse(ticket::fail, this::dispatch);
    synchronized (lock) {
      if (!closed && queue.contains(ticket)) {
        Duration limit =
            request.startWithin().compareTo(FOREVER) < 0 ? request.startWithin() : FOREVER;
        ticket.deadline = deadlines.schedule(ticket::expire, limit.toNanos(), TimeUnit.NANOSECONDS);
      }
    }
    return ticket;
  }

  /** Why nothing new is taken. */
  private Optional<EngineError> ending() {
    if (closed) {
      return Optional.of(EngineErrors.shuttingDown());
    }
    return Arrays.asList(gone).contains(null) ? Optional.empty() : Optional.of(gone[0]);
  }

  private int freePlaces() {
    return IntStream.range(0, load.length).map(this::freePlaces).sum();
  }

  private int freePlaces(int engine) {
    return gone[engine] == null ? config.maxBatch() - load[engine] : 0;
  }

  /** Sends on what can be sent. */
  private void dispatch() {
    for (Ticket next = next(); next != null; next = next()) {
      next.give();
    }
  }

  /** The first of the queue with an engine for it, or null. */
  private Ticket next() {
    synchronized (lock) {
      if (queue.isEmpty() || freePlaces() == 0) {
        return null;
      }
      Ticket next = queue.take();
      queue.charge(next.request.share(), next.request.prompt().length);
      next.engine = choose(next.request);
      load[next.engine]++;
      if (next.deadline != null) {
        next.deadline.cancel(false); // the engine watches it from here on
      }
      routes.sent(next.request, next.engine);
      admission.started(System.nanoTime(), queue.size());
      return next;
    }
  }

  private int choose(GenerationRequest request) {
    int[] free = IntStream.range(0, load.length).filter(engine -> freePlaces(engine) > 0).toArray();
    int least = Arrays.stream(free).map(engine -> load[engine]).min().orElseThrow();
    int[] matches =
        config.prefixReuse() ? routes.matches(request, load.length) : new int[load.length];
    int best = -1;
    for (int engine : free) {
      if (load[engine] <= least + config.maxBatch() / SLACK
          && (best < 0
              || matches[engine] > matches[best]
              || (matches[engine] == matches[best] && load[engine] < load[best]))) {
        best = engine;
      }
    }
    return best;
  }

  /** A request has ended: its place is the next one's. */
  private void leave(Ticket ticket, EngineError error) {
    List<Ticket> hopeless = List.of();
    Optional<EngineError> ending;
    synchronized (lock) {
      if (ticket.ended) {
        return;
      }
      ticket.ended = true;
      load[ticket.engine]--;
      queue.charge(ticket.request.share(), ticket.generated);
      if (error != null && error.code() == EngineError.Code.DEVICE_LOST) {
        gone[ticket.engine] = error;
      }
      ending = ending();
      if (ending.isPresent()) {
        hopeless = takeQueue();
      }
    }
    for (Ticket waiting : hopeless) {
      waiting.fail(ending.get());
    }
    dispatch();
  }

  private List<Ticket> takeQueue() {
    List<Ticket> taken = queue.all();
    taken.forEach(queue::remove);
    return taken;
  }

  @Override
  public EngineStats stats() {
    int waiting;
    synchronized (lock) {
      waiting = queue.size();
    }
    return statsOfEach().stream().reduce(EngineStats.waiting(waiting), EngineStats::plus);
  }

  @Override
  public List<EngineStats> statsOfEach() {
    return engines.stream().map(Engine::stats).toList();
  }

  @Override
  public int longestSequence() {
    return engines.stream().mapToInt(Engine::longestSequence).min().orElseThrow();
  }

  @Override
  public int places() {
    return engines.stream().mapToInt(Engine::places).sum();
  }

  @Override
  public int embeddingLength() {
    return engines.getFirst().embeddingLength();
  }

  @Override
  public void lose(DeviceLostException failure) {
    engines.forEach(engine -> engine.lose(failure));
  }

  @Override
  public void close(Duration grace) {
    List<Ticket> waiting;
    synchronized (lock) {
      closed = true;
      waiting = takeQueue();
      deadlines.shutdownNow();
    }
    waiting.forEach(ticket -> ticket.fail(EngineErrors.shuttingDown()));
    try (var closing = Executors.newVirtualThreadPerTaskExecutor()) {
      engines.forEach(engine -> closing.execute(() -> engine.close(grace)));
    }
  }
}
