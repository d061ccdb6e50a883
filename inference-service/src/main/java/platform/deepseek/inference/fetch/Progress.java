package platform.deepseek.inference.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** How far it is, as the last line of output, every two seconds while it runs. */
final class Progress implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /** What the rate is the mean of. */
  private static final int INTERVALS = 15;

  private record Mark(long nanos, long bytes) {}

  private final PrintStream out;
  private final long total;
  private final AtomicLong done;
  private final Deque<Mark> marks = new ArrayDeque<>();
  private final Set<Watchdog> watchdogs = ConcurrentHashMap.newKeySet();
  private final Thread ticks = Thread.ofVirtual().unstarted(this::tick);

  /**
   * @param done bytes that are there already
   */
  Progress(PrintStream out, long total, long done) {
    this.out = out;
    this.total = total;
    this.done = new AtomicLong(done);
  }

  Progress start() {
    mark();
    ticks.start();
    return this;
  }

  void add(long bytes) {
    done.addAndGet(bytes);
  }

  Watchdog watch(Closeable stream) {
    return new Watchdog(stream, watchdogs);
  }

  /** A line for people; the numbers stay the last one. */
  synchronized void tell(String line) {
    out.println(line);
    out.println(json());
  }

  private void tick() {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        for (var watchdog : watchdogs) {
          watchdog.look();
        }
        mark();
      }
    } catch (InterruptedException e) {
      // It is over.
    } catch (IOException e) {
      tell("a silent connection could not be ended: " + e.getMessage());
    }
  }

  private synchronized void mark() {
    marks.addLast(new Mark(System.nanoTime(), done.get()));
    if (marks.size() > INTERVALS) {
      marks.removeFirst();
    }
    out.println(json());
  }

  /** Without an estimate while nothing arrives. */
  private String json() {
    var first = marks.getFirst();
    var last = marks.getLast();
    var bytes = last.bytes - first.bytes;
    var line = "{\"bytesTotal\": %d, \"bytesDone\": %d".formatted(total, done.get());
    if (bytes > 0) {
      var seconds = (last.nanos - first.nanos) / 1e9;
      line += ", \"etaSeconds\": %d".formatted(Math.round((total - done.get()) * seconds / bytes));
    }
    return line + "}";
  }

  @Override
  public void close() {
    ticks.interrupt();
  }
}
