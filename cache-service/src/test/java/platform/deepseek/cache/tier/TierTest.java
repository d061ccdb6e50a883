package platform.deepseek.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import platform.deepseek.cache.fault.Breaker;
import platform.deepseek.cache.key.CacheKey;

/** A tier whose store does what a test says. */
class TierTest {

  private static final CacheKey KEY = DoomedWriter.key(1);
  private static final Duration PATIENCE = Duration.ofMillis(20);

  /** Answers what it is told to, when it is told to. */
  private static final class ScriptedStore implements Store {
    private CompletableFuture<Optional<byte[]>> next = new CompletableFuture<>();
    private int asked;

    @Override
    public CompletableFuture<Optional<byte[]>> get(CacheKey key) {
      asked++;
      return next;
    }

    @Override
    public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
      return CompletableFuture.failedFuture(new IllegalStateException("full"));
    }

    @Override
    public CompletableFuture<Void> remove(CacheKey key) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Boolean> has(CacheKey key) {
      throw new IllegalStateException("broken");
    }

    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void close() {
      // Nothing to close.
    }
  }

  private final ScriptedStore store = new ScriptedStore();
  private final Tier tier = new Tier("scripted", Level.L3, store, PATIENCE, PATIENCE);
  private final List<byte[]> late = new ArrayList<>();

  @Test
  void whatDoesNotAnswerInTimeIsAMissAndWhatComesLateIsHandedOn() {
    assertThat(tier.get(KEY, late::add).join()).isEmpty();
    assertThat(late).isEmpty();
    store.next.complete(Optional.of(new byte[] {1}));
    assertThat(late).containsExactly(new byte[] {1});
    assertThat(tier.counts().errors.sum()).isEqualTo(1);
  }

  @Test
  void aStoreThatFailsThriceIsLeftAlone() {
    store.next = CompletableFuture.failedFuture(new IllegalStateException("gone"));
    for (int i = 0; i < 100; i++) {
      assertThat(tier.get(KEY, late::add).join()).isEmpty();
    }
    assertThat(store.asked).isLessThan(10);
    assertThat(tier.state()).isEqualTo(Tier.State.DOWN);
  }

  @Test
  void writesThatFailLeaveReadsAlone() {
    store.next = CompletableFuture.completedFuture(Optional.of(new byte[] {1}));
    for (int i = 0; i < 5; i++) {
      tier.put(KEY, new byte[1], Duration.ofHours(1)).join();
    }
    assertThat(tier.state()).isEqualTo(Tier.State.READ_ONLY);
    assertThat(tier.get(KEY, late::add).join()).isPresent();
  }

  @Test
  void aStoreThatThrowsIsAMiss() {
    assertThat(tier.has(KEY).join()).isFalse();
  }

  @Test
  void anOpenCircuitLetsOneTryAfterItsPauseAndClosesWhenThatSucceeds() {
    AtomicLong nanos = new AtomicLong();
    Breaker breaker = new Breaker(2, Duration.ofSeconds(1), nanos::get);
    breaker.failed();
    assertThat(breaker.admits()).isTrue();
    breaker.failed();
    assertThat(breaker.admits()).isFalse();
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(breaker.admits()).isTrue();
    assertThat(breaker.admits()).isFalse();
    breaker.succeeded();
    assertThat(breaker.admits()).isTrue();
    assertThat(breaker.isOpen()).isFalse();
  }
}
