package platform.deepseek.auth.audit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import platform.deepseek.auth.crypto.Digest;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.StoreUnavailable;

/**
 * The one writer of this process. Events go through a bounded queue to one thread, which appends
 * them in batches, one transaction each, to the process's own {@link Partition}.
 *
 * <p>What is guaranteed: an event of {@link #recordFirst} is in the database before the thing that
 * it tells of is done, or the thing is refused. Other events never make anybody wait; they are lost
 * when the process is killed before the batch is written, or when the database is away for so long
 * that {@link #CAPACITY} events wait, and then the number of lost ones is written.
 */
public final class AuditLog implements Audit, AutoCloseable {

  static final int CAPACITY = 10_000;
  private static final int BATCH = 200;
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Logger LOG = Logger.getLogger(AuditLog.class);

  private record Waiting(Partition.Happened happened, CompletableFuture<Void> written) {}

  private final AuditTable table;
  private final Digest digest;
  private final String writer;
  private final Duration patience;
  private final InstantSource clock;
  private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>(CAPACITY);
  private final Repeats repeats = new Repeats();
  private final AtomicLong lost = new AtomicLong();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private Partition partition; // the thread's alone
  private boolean failing; // the thread's alone
  private long lostAndTold; // the thread's alone

  /**
   * @param digest that entries are chained with
   * @param writer name of this machine or pod
   * @param patience that {@link #recordFirst} waits
   */
  public AuditLog(
      Database database, Digest digest, String writer, Duration patience, InstantSource clock) {
    this.table = new AuditTable(database);
    this.digest = digest;
    this.writer = writer;
    this.patience = patience;
    this.clock = clock;
    this.partition = new Partition(digest);
    this.thread = Thread.ofPlatform().name("audit").daemon().start(this::run);
  }

  @Override
  public void record(AuditEvent event) {
    if (!offer(event, new CompletableFuture<>())) {
      lost.incrementAndGet();
    }
  }

  @Override
  public void recordRepeatable(AuditEvent event) {
    if (repeats.isFirst(event, clock.instant())) {
      record(event);
    }
  }

  @Override
  public CompletableFuture<Void> recordFirst(AuditEvent event) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    if (!offer(event, written)) {
      return CompletableFuture.failedFuture(
          new AuditUnavailable("%d events wait for the database already.".formatted(CAPACITY)));
    }
    return written
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(
            failure ->
                CompletableFuture.failedFuture(
                    failure instanceof TimeoutException
                        ? new AuditUnavailable(
                            "The event was not written within %s.".formatted(patience))
                        : failure));
  }

  /** Events that nobody will find in the book, so far. */
  public long lost() {
    return lost.get();
  }

  private boolean offer(AuditEvent event, CompletableFuture<Void> written) {
    return closing.getCount() > 0
        && queue.offer(new Waiting(new Partition.Happened(event, clock.instant()), written));
  }

  private void run() {
    try {
      while (closing.getCount() > 0) {
        Waiting first = queue.poll(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        List<Waiting> batch = batch(first);
        while (!batch.isEmpty() && !writeOrDrop(batch)) {
          if (closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
            giveUp(batch);
            return;
          }
        }
      }
      writeTheRest();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Waiting> batch(Waiting first) {
    List<Waiting> batch = new ArrayList<>();
    if (first != null) {
      batch.add(first);
    }
    queue.drainTo(batch, BATCH - batch.size());
    Instant now = clock.instant();
    repeats.due(now).forEach(event -> batch.add(alone(event, now)));
    long missing = lost.get() - lostAndTold;
    if (missing > 0) {
      lostAndTold += missing;
      batch.add(
          alone(
              AuditEvent.ofService("audit.lose", "", Map.of("events", Long.toString(missing))),
              now));
    }
    return batch;
  }

  private static Waiting alone(AuditEvent event, Instant now) {
    return new Waiting(new Partition.Happened(event, now), new CompletableFuture<>());
  }

  /** A batch that can never be written must not keep all others from being written. */
  private boolean writeOrDrop(List<Waiting> batch) {
    try {
      return write(batch);
    } catch (RuntimeException e) {
      LOG.errorf(e, "the audit loses %d events that it cannot write", batch.size());
      lost.addAndGet(batch.size());
      batch.forEach(
          waiting ->
              waiting
                  .written()
                  .completeExceptionally(new AuditUnavailable("The event cannot be written.")));
      return true;
    }
  }

  /** Whether it is in the database; if not it is to be tried again. */
  private boolean write(List<Waiting> batch) {
    List<Partition.Happened> events = new ArrayList<>();
    if (partition.isEmpty()) {
      events.add(
          new Partition.Happened(
              AuditEvent.ofService(
                  "audit.open", "", Map.of("writer", writer, "digest", digest.label())),
              batch.getFirst().happened().time()));
    }
    batch.forEach(waiting -> events.add(waiting.happened()));
    List<StoredEntry> entries = partition.next(events);
    try {
      if (!append(entries)) {
        goOnElsewhere();
        return write(batch);
      }
    } catch (StoreUnavailable e) {
      if (!failing) {
        LOG.warnf("the audit cannot be written and is tried on: %s", e.getMessage());
      }
      failing = true;
      return false;
    }
    if (failing) {
      LOG.info("the audit is written again");
    }
    failing = false;
    partition.advance(entries);
    batch.forEach(waiting -> waiting.written().complete(null));
    return true;
  }

  /**
   * A place that is taken was taken by ourselves, when the answer to a commit got lost, or by an
   * intruder; then the chain goes on in another partition, and the intruder's entry is found by
   * whoever verifies.
   *
   * @return false when there is nothing any more to append to
   */
  private boolean append(List<StoredEntry> entries) {
    try {
      return table.append(entries, partition.head());
    } catch (Conflict e) {
      StoredEntry last = entries.getLast();
      boolean ours =
          table
              .find(last.columns().partition(), last.columns().sequence())
              .filter(found -> found.isHash(last.hash()))
              .isPresent();
      if (!ours) {
        LOG.errorf(
            "somebody else wrote to this process's part of the audit, %s; it goes on in another",
            partition.id());
        partition = new Partition(digest);
        throw new StoreUnavailable("the audit's partition was written to by somebody else");
      }
      return true;
    }
  }

  /**
   * The end of the chain is gone: a failover lost it, or somebody cut it off. Appended to a chain
   * with a gap, nothing that follows could be signed any more.
   */
  private void goOnElsewhere() {
    String end = partition.id() + "/" + partition.sequence();
    LOG.errorf(
        "the audit's entry %s was confirmed and is gone: the database lost its last entries, or"
            + " somebody cut them off; it goes on in another part",
        end);
    partition = new Partition(digest);
    record(new AuditEvent(Actor.SERVICE, "", "audit.cut", end, Outcome.FAILED, "", Map.of()));
  }

  private void writeTheRest() {
    List<Waiting> rest = batch(null);
    while (!rest.isEmpty()) {
      if (!write(rest)) {
        giveUp(rest);
        return;
      }
      rest = batch(null);
    }
    if (!partition.isEmpty()) {
      write(List.of(alone(AuditEvent.ofService("audit.close", "", Map.of()), clock.instant())));
    }
  }

  private void giveUp(List<Waiting> batch) {
    LOG.errorf("the audit loses %d events at the end of the process", batch.size() + queue.size());
    batch.forEach(
        waiting ->
            waiting.written().completeExceptionally(new AuditUnavailable("The service ends.")));
  }

  /** Writes what waits, once, and takes nothing any more. */
  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
