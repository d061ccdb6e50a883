package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Submission;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * A mixed load for some time: prompts and answers of random lengths with shared beginnings, greedy
 * and sampled, a tenth cancelled on the way. Then greedy answers, chosen at random, are computed
 * again alone: they may part only where the two best tokens are close, because a product's rounding
 * depends on its batch. Device memory is watched all the time.
 *
 * <p>A mixture may part elsewhere too, seldom: rounding takes another expert where two are equally
 * good, and in a model of few layers that moves all logits. A wrong batch parts everywhere.
 */
final class CudaSoak {

  private static final double CERTAIN_MARGIN = 0.5;
  private static final int RECHECKS = 24;
  private static final long FLAT_BYTES = 64L << 20;

  /** Sequences are of random lengths, so what they take together varies so much. */
  private static final double VARIATION = 0.15;

  private static final long POLL_NANOS = 2_000_000;
  private static final double SAMPLES_PER_SECOND = 4;

  private record Running(
      GenerationRequest request, Answer answer, Submission submission, int cancelAt) {

    boolean greedy() {
      return request.sampling().equals(SamplingParams.GREEDY);
    }
  }

  private final CudaEngine model;
  private final List<int[]> texts;
  private final int clients;
  private final int longest;
  private final int mostCertain;
  private final Random random = new Random(33);
  private final List<Running> running = new ArrayList<>();
  private final List<Running> greedy = new ArrayList<>();
  private final List<double[]> free = new ArrayList<>();
  private long ended;
  private long cancelled;
  private long tokens;

  /**
   * @param texts token ids of real texts: prompts are pieces of them
   * @param clients requests at a time
   * @param longest tokens of a prompt, and of an answer with it
   * @param mostCertain answers that may part from their solo runs where one token is clearly best
   */
  CudaSoak(CudaEngine model, List<int[]> texts, int clients, int longest, int mostCertain) {
    this.model = model;
    this.mostCertain = mostCertain;
    this.texts = texts;
    this.clients = clients;
    this.longest = longest;
  }

  void run(double seconds) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    double nextSample = 0;
    double now = 0;
    long before = model.freeMemory();
    long host = hostKibibytes();
    while (now < seconds || !running.isEmpty()) {
      while (now < seconds && running.size() < clients) {
        submit();
      }
      collect();
      now = (System.nanoTime() - begun) / 1e9;
      require(now < seconds + 120, "%d answers do not end", running.size());
      if (now >= nextSample && now < seconds) {
        free.add(new double[] {now, model.freeMemory()});
        nextSample = now + 1 / SAMPLES_PER_SECOND;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    CudaMemory.awaitIdle(model);
    model.checkIntegrity();
    say(
        "%.0f s, %,d answers ended, %,d cancelled, %,d tokens out, %,.0f a second",
        now, ended, cancelled, tokens, tokens / now);
    requireFlat(before, model.freeMemory());
    say(
        "host memory of the process: %,d MiB before, %,d MiB after",
        host >> 10, hostKibibytes() >> 10);
    recheck();
  }

  private static long hostKibibytes() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    }
  }

  private void submit() {
    int length = 1 + (int) (Math.pow(random.nextDouble(), 2) * (longest * 3 / 4 - 1));
    int[] prompt = new int[length];
    int[] text = texts.get(random.nextInt(texts.size()));
    // Half of the prompts begin where others do.
    int from = random.nextBoolean() ? 0 : random.nextInt(text.length);
    for (int i = 0; i < length; i++) {
      prompt[i] = text[(from + i) % text.length];
    }
    int answerTokens = 1 + random.nextInt(longest / 4);
    GenerationRequest request = Load.request(prompt, answerTokens, sampling());
    Answer answer = new Answer(answerTokens);
    int cancelAt = random.nextInt(10) == 0 ? random.nextInt(answerTokens) : Integer.MAX_VALUE;
    running.add(new Running(request, answer, model.engine().submit(request, answer), cancelAt));
  }

  private SamplingParams sampling() {
    return switch (random.nextInt(4)) {
      case 0, 1 -> SamplingParams.GREEDY;
      case 2 -> Load.sampling(0.7f, 0.95f, random.nextLong());
      default ->
          new SamplingParams(1, 40, 0.9f, 0.02f, 0.5f, 0.3f, 1.1f, Map.of(), random.nextLong(), -1);
    };
  }

  /** Takes out what has ended and cancels what is due. */
  private void collect() throws InterruptedException {
    for (Iterator<Running> all = running.iterator(); all.hasNext(); ) {
      Running one = all.next();
      if (one.answer().ended().isDone()) {
        all.remove();
        Load.await(one.answer());
        tokens += one.answer().count();
        switch (one.answer().ended().join()) {
          case CANCELLED -> cancelled++;
          case STOP, LENGTH -> {
            ended++;
            if (one.greedy()) {
              greedy.add(one);
            }
          }
        }
      } else if (one.answer().count() >= one.cancelAt()) {
        one.submission().cancel();
      }
    }
  }

  private void requireFlat(long before, long after) {
    int half = free.size() / 2;
    double early = free.stream().limit(half).mapToDouble(s -> s[1]).min().orElse(before);
    double late = free.stream().skip(half).mapToDouble(s -> s[1]).min().orElse(after);
    say(
        "device memory free: %,d MiB before, at least %,.0f and %,.0f MiB in the halves, %,d MiB"
            + " after; slope of the second half %+.2f MiB/s",
        before >> 20,
        early / (1 << 20),
        late / (1 << 20),
        after >> 20,
        slope(free.subList(half, free.size())) / (1 << 20));
    double allowed = FLAT_BYTES + VARIATION * (before - early);
    require(
        early - late <= allowed,
        "the device lost %,.0f bytes between the halves, %,.0f are what lengths explain",
        early - late,
        allowed);
  }

  /** Least squares, in units of the second column per unit of the first. */
  static double slope(List<double[]> points) {
    double n = points.size();
    double x = points.stream().mapToDouble(p -> p[0]).sum() / n;
    double y = points.stream().mapToDouble(p -> p[1]).sum() / n;
    double xx = points.stream().mapToDouble(p -> (p[0] - x) * (p[0] - x)).sum();
    double xy = points.stream().mapToDouble(p -> (p[0] - x) * (p[1] - y)).sum();
    return xx == 0 ? 0 : xy / xx;
  }

  private void recheck() throws InterruptedException {
    int parted = 0;
    int certain = 0;
    int checked = Math.min(RECHECKS, greedy.size());
    for (int i = 0; i < checked; i++) {
      Running one = greedy.remove(random.nextInt(greedy.size()));
      GenerationRequest request = one.request();
      Answer alone =
          Load.submit(
              model.engine(),
              Load.request(request.prompt(), request.maxTokens(), Load.greedyWithMargins()));
      Load.await(alone);
      int parting = Arrays.mismatch(alone.tokens(), one.answer().tokens());
      if (parting >= 0) {
        parted++;
        require(
            parting < Math.min(alone.count(), one.answer().count()),
            "alone %d tokens, among others %d",
            alone.count(),
            one.answer().count());
        double margin = alone.margin(parting);
        if (!(margin <= CERTAIN_MARGIN)) {
          certain++;
          say(
              "a prompt of %d tokens parts from its solo run at token %d, margin %.3f",
              request.prompt().length, parting, margin);
        }
      }
    }
    say(
        "%d greedy answers computed again alone: %d part, %d of them not at small margins",
        checked, parted, certain);
    require(checked > 0, "no greedy answer to compare");
    require(certain <= mostCertain, "wrong batches: %d answers part at large margins", certain);
  }
}
