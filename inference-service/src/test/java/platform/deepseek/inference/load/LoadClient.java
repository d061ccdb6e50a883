package platform.deepseek.inference.load;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import platform.deepseek.inference.api.client.RawConnection;

/*
 * Many clients that stream chats over plain sockets, each on a virtual thread, one request after
 * another until the time is over. The reading side does as little as it can (an event is
 * recognised, not parsed), so that what is measured is the server, also where both share two cores.
 */
/** Puts load on a running server and reports what its clients saw. */
public final class LoadClient {

  /** Whoever waits behind others waits long. */
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  /** What who waits long hears meanwhile. */
  private static final String KEEP_ALIVE = ": keep-alive\n\n";

  private static final String DONE = "data: [DONE]\n\n";

  private final LoadOptions options;
  private final long start = System.nanoTime();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong completed = new AtomicLong();
  private final AtomicLong killed = new AtomicLong();
  private final AtomicLong malformed = new AtomicLong();
  private final AtomicLong withoutAdvice = new AtomicLong();
  private final AtomicLong tokens = new AtomicLong();
  private final ConcurrentLinkedQueue<Integer> errors = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<long[]> firstTokens = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<long[]> interTokens = new ConcurrentLinkedQueue<>();

  private LoadClient(LoadOptions options) {
    this.options = options;
  }

  public static void main(String[] arguments) {
    System.out.println(run(LoadOptions.parse(arguments)));
  }

  public static LoadReport run(LoadOptions options) {
    LoadClient load = new LoadClient(options);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < options.clients(); i++) {
        int seed = i;
        threads.execute(() -> load.client(new Random(seed)));
      }
    } // waits for all
    return load.report();
  }

  private void client(Random random) {
    while (!over()) {
      try (RawConnection connection = new RawConnection(options.url(), 0, PATIENCE)) {
        boolean alive = true;
        while (alive && !over()) {
          alive = stream(connection, random.nextDouble() < options.killFraction(), random);
        }
      } catch (IOException e) {
        errors.add(0);
      }
    }
  }

  private boolean over() {
    return numbers.get() >= options.requests()
        || System.nanoTime() - start > options.duration().toNanos();
  }

  /** One request; whether the connection can serve another. */
  private boolean stream(RawConnection connection, boolean leaves, Random random)
      throws IOException {
    long number = numbers.incrementAndGet();
    if (number > options.requests()) {
      return false; // others began the last ones meanwhile
    }
    int leaveAfter = leaves ? 1 + random.nextInt(Math.max(1, options.maxTokens() / 2)) : -1;
    long asked = System.nanoTime();
    connection.post("/v1/chat/completions", options.key(), body(number));
    RawConnection.Head head = connection.head();
    if (head.status() != 200) {
      errors.add(head.status());
      if (head.status() == 429 && !head.headers().containsKey("retry-after")) {
        withoutAdvice.incrementAndGet();
      }
      return false;
    }
    long[] gaps = new long[options.maxTokens() + 8];
    int count = 0;
    long previous = 0;
    String last = "";
    for (String event = connection.chunk(); event != null; event = connection.chunk()) {
      if (event.equals(KEEP_ALIVE)) {
        continue;
      }
      if (!event.startsWith("data: ") || !event.endsWith("\n\n")) {
        malformed.incrementAndGet();
        return false;
      }
      last = event;
      if (event.contains("\"delta\":{\"content\":\"")) {
        long now = System.nanoTime();
        if (previous == 0) {
          firstTokens.add(new long[] {now - asked});
        } else if (count < gaps.length) {
          gaps[count++] = now - previous;
        }
        previous = now;
        tokens.incrementAndGet();
        if (count == leaveAfter) {
          killed.incrementAndGet();
          return false;
        }
      }
    }
    interTokens.add(Arrays.copyOf(gaps, count));
    (last.endsWith(DONE) ? completed : malformed).incrementAndGet();
    return true;
  }

  private String body(long number) {
    return """
        {"model":"%s","stream":true,"max_tokens":%d,"ignore_eos":%s,"temperature":0,\
        "messages":[{"role":"user","content":"%d %s"}]}"""
        .formatted(
            options.model(),
            options.maxTokens(),
            options.ignoreEndOfSequence(),
            number,
            options.prompt());
  }

  private LoadReport report() {
    Map<Integer, Long> byStatus = new TreeMap<>();
    errors.forEach(status -> byStatus.merge(status, 1L, Long::sum));
    return new LoadReport(
        completed.get(),
        killed.get(),
        malformed.get(),
        withoutAdvice.get(),
        byStatus,
        tokens.get(),
        (System.nanoTime() - start) / 1e9,
        sorted(firstTokens),
        sorted(interTokens));
  }

  private static long[] sorted(ConcurrentLinkedQueue<long[]> times) {
    return times.stream().flatMapToLong(LongStream::of).sorted().toArray();
  }
}
