package platform.deepseek.auth.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.auth.Await.soon;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.store.Revision;
import platform.deepseek.auth.store.StoreUnavailable;

class StrangersTest {

  private static final Revision NOW = new Revision(3, 33);
  private static final Executor THREADS = work -> Thread.ofVirtual().start(work);

  private final Semaphore allowed = new Semaphore(0);
  private final AtomicInteger atOnce = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();
  private final List<Integer> asked = new CopyOnWriteArrayList<>();
  private volatile RuntimeException failure;
  private final Strangers strangers = new Strangers(this::look, THREADS);

  /** A database in which only "real" is, and which answers when it is allowed to. */
  private Strangers.Existing look(List<String> ids) {
    mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
    asked.add(ids.size());
    allowed.acquireUninterruptibly();
    atOnce.decrementAndGet();
    if (failure != null) {
      throw failure;
    }
    return new Strangers.Existing(NOW, ids.contains("real") ? Set.of("real") : Set.of());
  }

  private CompletableFuture<Optional<Revision>> ask(String id) {
    return CompletableFuture.supplyAsync(() -> strangers.absent(id), THREADS);
  }

  private static <T> T get(CompletableFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(30, TimeUnit.SECONDS);
  }

  @Test
  void aFloodIsOneQuestionAtATimeAboutAllWhoWait() throws Exception {
    CompletableFuture<Optional<Revision>> first = ask("invented");
    soon().until(() -> asked.size() == 1);
    List<CompletableFuture<Optional<Revision>>> flood = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      flood.add(ask("invented" + i));
    }
    CompletableFuture<Optional<Revision>> real = ask("real");
    soon().until(() -> strangers.waiting() == 1_001);
    allowed.release(1_000);
    assertThat(get(first)).contains(NOW);
    for (CompletableFuture<Optional<Revision>> one : flood) {
      assertThat(get(one)).contains(NOW);
    }
    assertThat(get(real)).isEmpty();
    assertThat(mostAtOnce).hasValue(1);
    assertThat(asked).containsExactly(1, Strangers.MOST_AT_ONCE, 1_001 - Strangers.MOST_AT_ONCE);
  }

  @Test
  void whoWasMetIsNoStrangerAnyMore() throws Exception {
    allowed.release(1);
    assertThat(get(ask("real"))).isEmpty();
    assertThat(get(ask("real"))).isEmpty();
    assertThat(asked).hasSize(1);
  }

  @Test
  void aDatabaseThatFailsFailsAllWhoWaitAndIsAskedAgainByTheNext() throws Exception {
    failure = new StoreUnavailable("gone");
    CompletableFuture<Optional<Revision>> first = ask("a");
    soon().until(() -> asked.size() == 1);
    CompletableFuture<Optional<Revision>> second = ask("b");
    soon().until(() -> strangers.waiting() == 1);
    allowed.release(1);
    for (CompletableFuture<Optional<Revision>> one : List.of(first, second)) {
      assertThatThrownBy(() -> get(one)).hasCauseInstanceOf(StoreUnavailable.class);
    }
    failure = null;
    allowed.release(1);
    assertThat(get(ask("c"))).contains(NOW);
  }

  @Test
  void noMoreWaitThanThereIsRoomFor() throws Exception {
    List<CompletableFuture<Optional<Revision>>> flood = new ArrayList<>();
    flood.add(ask("first"));
    soon().until(() -> asked.size() == 1);
    for (int i = 0; i < Strangers.MOST_WAITING; i++) {
      flood.add(ask("invented" + i));
    }
    soon().until(() -> strangers.waiting() == Strangers.MOST_WAITING);
    assertThatThrownBy(() -> strangers.absent("one more"))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining("10,000");
    allowed.release(Strangers.MOST_WAITING);
    for (CompletableFuture<Optional<Revision>> one : flood) {
      assertThat(get(one)).contains(NOW);
    }
  }
}
