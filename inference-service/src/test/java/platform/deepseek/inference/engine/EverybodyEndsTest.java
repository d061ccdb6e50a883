package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * Engines with their threads, and everything that can go wrong at once: a memory that is too small,
 * drafts, shared prefixes that come late, broken or not at all, requests that are taken back at any
 * moment, consumers that throw, and a runner that fails in each of its calls. Whatever happens,
 * each request hears its end in time, what it heard is right, and the engine is as empty as before.
 */
class EverybodyEndsTest {
  private static final int CALLERS = 3;
  private static final int REQUESTS = 100; // of each caller
  private static final int CONTEXT = 48;
  private static final int BLOCK = 4;
  private static final int SHORT_QUEUE = 20;

  /**
   * Of each caller, where the queue is short: together more than find a place. All at once would
   * leave the engine little to compute when callers come faster than it goes on.
   */
  private static final int MOST_OPEN = 15;

  /** So long nobody hears anything only when nothing goes on, also on a machine that is busy. */
  private static final Duration SILENCE = Duration.ofSeconds(20);

  private static final DeviceLostException LOST = new DeviceLostException("fell off the bus", null);

  /** A request from its call to its end; one whose consumer threw has ended as well. */
  private final class Asked {
    final Supplier<GenerationRequest> request;
    final Client client = new Client();
    volatile boolean ended;
    volatile boolean threw;

    Asked(Supplier<GenerationRequest> request, int throwsAfter) {
      this.request = request;
      int[] left = {throwsAfter};
      client.also(
          event -> {
            latestEvent.set(System.nanoTime());
            if (left[0]-- == 0) {
              threw = true;
              ended = true;
              throw new IllegalStateException("connection reset");
            }
            if (event instanceof TokenEvent.Finished || event instanceof TokenEvent.Failed) {
              ended = true;
            }
          });
    }
  }

  private final AtomicLong latestEvent = new AtomicLong(System.nanoTime());
  private final CompletableFuture<DeviceLostException> fatal = new CompletableFuture<>();

  /**
   * @param lost steps until a device is lost; 0 for never
   */
  @ParameterizedTest(name = "{0} engines, {1} steps ahead, {2} drafts, lost {3}, seed {4}")
  @CsvSource({
    "1, 1, 0, 0, 1",
    "1, 2, 0, 0, 2",
    "1, 1, 7, 0, 3",
    "1, 1, 3, 0, 4",
    "1, 3, 4, 0, 5",
    "2, 2, 7, 0, 6",
    "2, 1, 4, 0, 7",
    "1, 1, 7, 60, 8",
    "2, 2, 4, 60, 9"
  })
  void everyRequestHearsItsEnd(int engines, int stepsAhead, int drafts, int lost, long seed)
      throws Exception {
    var random = new Random(seed);
    int slots = 2 + random.nextInt(5);
    int maxBatch = 1 + random.nextInt(slots);
    int blocks = CONTEXT / BLOCK;
    var config =
        new EngineConfig(
            maxBatch,
            maxBatch + random.nextInt(12),
            random.nextInt(4) == 0 ? SHORT_QUEUE : CALLERS * REQUESTS,
            random.nextInt(5) > 0,
            BLOCK,
            blocks + random.nextInt(blocks));
    List<FakeRunner> runners =
        IntStream.range(0, engines)
            .mapToObj(i -> runner(stepsAhead, slots, drafts, i == 0 ? lost : 0, seed + i))
            .toList();
    List<Asked> asked;
    try (var store = new RestlessPrefixStore(seed)) {
      // The host cannot read a device's prefixes, so only steps that end before it looks share
      // them.
      var sharing =
          stepsAhead > 1
              ? PrefixSharing.NONE
              : new PrefixSharing(Optional.of(store), "a model", 2 * BLOCK, 4_000, 100);
      GenerationService engine =
          EngineGroup.start(
              List.copyOf(runners), config, sharing, EngineObserver.NONE, fatal::complete);
      asked = askAll(engine, seed, config.queueLimit() == SHORT_QUEUE ? MOST_OPEN : REQUESTS);
      awaitAll(asked, engine);
      if (engine instanceof Engine alone && lost == 0) {
        EngineIntegrity.check(alone);
        assertThat(engine.stats().kvBlocksUsed()).isZero();
      }
      engine.close(Duration.ofSeconds(1));
    }
    if (lost > 0) {
      assertThat(fatal.isDone()).isEqualTo(engines == 1);
    } else {
      runners.forEach(FakeRunner::checkIntegrity);
      assertThat(runners).allMatch(FakeRunner::closed);
    }
    asked.forEach(each -> verify(each, drafts));
    assertThat(asked)
        .filteredOn(each -> each.client.reason() == FinishReason.LENGTH)
        .hasSizeGreaterThan(lost > 0 ? -1 : 10);
  }

  /** One that fails now and then, by its loop's own dice. */
  private static FakeRunner runner(int stepsAhead, int slots, int drafts, int lost, long seed) {
    FakeRunner runner =
        drafts == 0
            ? new FakeRunner(stepsAhead, slots, CONTEXT)
            : FakeRunner.repeating(stepsAhead, slots, CONTEXT, drafts);
    var random = new Random(~seed);
    int[] steps = {0};
    runner.beforeRun(
        () -> {
          if (lost > 0 && ++steps[0] == lost) {
            runner.failNextRun(LOST);
            return;
          }
          switch (random.nextInt(900)) {
            case 0 -> runner.failNextRun(new IllegalStateException("no kernel"));
            case 1 -> runner.failNextAwait(new IllegalStateException("no result"));
            case 2 -> runner.failNextCopy(new IllegalStateException("no copy"));
            case 3 -> runner.failNextWrite(new IllegalStateException("no such page"));
            case 4, 5 -> runner.failNextRun(new DeviceMemoryException("no memory", null));
            case 6, 7 -> runner.failNextAwait(new DeviceMemoryException("no memory", null));
            case 8, 9 -> runner.failNextCopy(new DeviceMemoryException("no memory", null));
            case 10, 11 -> runner.memory(CONTEXT + random.nextInt(3 * CONTEXT));
            case 12 -> runner.memory(Integer.MAX_VALUE);
            case 13 -> {
              if (random.nextInt(4) == 0) { // everybody pays for it
                runner.failNextTrim(new IllegalStateException("no such page"));
              }
            }
            default -> {}
          }
        });
    return runner;
  }

  private List<Asked> askAll(GenerationService engine, long seed, int mostOpen) throws Exception {
    var begin = new CountDownLatch(1);
    var callers = new ArrayList<Future<List<Asked>>>();
    try (var threads = Executors.newFixedThreadPool(CALLERS)) {
      for (int caller = 0; caller < CALLERS; caller++) {
        var random = new Random(seed * CALLERS + caller);
        callers.add(
            threads.submit(
                () -> {
                  begin.await();
                  return ask(engine, random, mostOpen);
                }));
      }
      begin.countDown();
    }
    var asked = new ArrayList<Asked>();
    for (Future<List<Asked>> caller : callers) {
      asked.addAll(caller.get());
    }
    return asked;
  }

  private List<Asked> ask(GenerationService engine, Random random, int mostOpen) {
    var asked = new ArrayList<Asked>();
    var submissions = new ArrayList<Submission>();
    while (asked.size() < REQUESTS) {
      var next =
          new Asked(request(random, asked), random.nextInt(12) == 0 ? random.nextInt(4) : -1);
      asked.add(next);
      submissions.add(engine.submit(next.request.get(), next.client));
      if (random.nextInt(4) == 0) {
        submissions
            .get(submissions.size() - 1 - random.nextInt(Math.min(5, asked.size())))
            .cancel();
      }
      if (random.nextInt(3) == 0) {
        LockSupport.parkNanos(random.nextInt(2_000_000));
      }
      while ((open(asked) >= mostOpen || refused(asked.getLast(), engine)) && !silent()) {
        LockSupport.parkNanos(100_000);
      }
    }
    return asked;
  }

  private static long open(List<Asked> asked) {
    return asked.stream().filter(each -> !each.ended).count();
  }

  /** The queue was full, and still is. */
  private static boolean refused(Asked latest, GenerationService engine) {
    return latest.ended
        && latest.client.code() == EngineError.Code.QUEUE_FULL
        && engine.stats().waiting() >= SHORT_QUEUE;
  }

  private static Supplier<GenerationRequest> request(Random random, List<Asked> asked) {
    int[] prompt = prompt(random, asked);
    int kind = random.nextInt(12);
    String tenant = "tenant" + random.nextInt(2);
    if (kind == 0) {
      return () -> GenerationRequest.embedding(prompt, tenant, Requests.LONG);
    }
    int maxTokens = random.nextInt(CONTEXT - prompt.length + 1);
    float penalty = kind == 1 ? 0.5f : 0;
    var sampling = new SamplingParams(1, 0, 1, 0, 0, penalty, 1, Map.of(), random.nextLong(), -1);
    Set<Integer> stop =
        random.nextInt(4) == 0 ? Set.of(random.nextInt(FakeRunner.VOCABULARY)) : Set.of();
    Duration within =
        random.nextInt(15) == 0 ? Duration.ofMillis(1 + random.nextInt(20)) : Requests.LONG;
    int[] prediction = random.ints(random.nextInt(20), 0, 5).toArray();
    var share = new Share(tenant, random.nextInt(3), 1 + random.nextInt(2), "u" + kind % 3, 1);
    return () ->
        new GenerationRequest(
                prompt,
                maxTokens,
                sampling,
                stop,
                "",
                kind == 2,
                within,
                kind == 3 ? new Rising() : null)
            .granted(tenant, Integer.MAX_VALUE, share)
            .predicting(prediction);
  }

  /** Mostly the beginning of an earlier one of the same caller, or of everybody's. */
  private static int[] prompt(Random random, List<Asked> asked) {
    int[] fresh = random.ints(1 + random.nextInt(8), 0, FakeRunner.VOCABULARY).toArray();
    return switch (random.nextInt(4)) {
      case 0 -> fresh;
      case 1, 2 -> Requests.concat(Requests.prompt(random.nextInt(3), 24), fresh);
      default -> {
        if (asked.isEmpty()) {
          yield fresh;
        }
        int[] earlier = asked.get(random.nextInt(asked.size())).request.get().prompt();
        int kept = 1 + random.nextInt(Math.min(earlier.length, 32));
        yield Requests.concat(Arrays.copyOf(earlier, kept), fresh);
      }
    };
  }

  private boolean silent() {
    return System.nanoTime() - latestEvent.get() > SILENCE.toNanos();
  }

  /** Those who were not told, because their consumer threw, leave as well. */
  private void awaitAll(List<Asked> asked, GenerationService engine) throws InterruptedException {
    while (asked.stream().anyMatch(each -> !each.ended)
        || engine.stats().running() + engine.stats().waiting() > 0) {
      if (silent()) {
        throw new AssertionError(
            "%d of %d requests have not ended and nothing goes on: %s"
                .formatted(
                    asked.stream().filter(each -> !each.ended).count(),
                    asked.size(),
                    engine.stats()));
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private static void verify(Asked asked, int drafts) {
    Client client = asked.client;
    List<Integer> solo = solo(asked, drafts).tokens();
    boolean whole = client.reason() == FinishReason.LENGTH || client.reason() == FinishReason.STOP;
    assertThat(client.tokens()).isEqualTo(whole ? solo : solo.subList(0, client.tokens().size()));
    if (client.error() != null && !asked.threw) {
      assertThat(client.code())
          .isIn(
              EngineError.Code.RUNNER_FAILED,
              EngineError.Code.OUT_OF_MEMORY,
              EngineError.Code.DEADLINE_EXCEEDED,
              EngineError.Code.QUEUE_FULL,
              EngineError.Code.DEVICE_LOST);
    }
  }

  /** Without drafts. */
  private static Client solo(Asked asked, int drafts) {
    FakeRunner runner =
        drafts == 0 ? new FakeRunner(1, CONTEXT) : FakeRunner.repeating(1, 1, CONTEXT, 0);
    return new EngineUnderTest(runner, EngineUnderTest.config(1, CONTEXT, 0))
        .ask(asked.request.get());
  }
}
