package platform.deepseek.auth.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.store.Revision;
import platform.deepseek.auth.store.StoreUnavailable;

class FreshCacheTest {

  private static final Duration TRUST = Duration.ofSeconds(2);

  private final AtomicLong nanos = new AtomicLong(1_000_000_000);
  private final AtomicLong revision = new AtomicLong(1);
  private final RevisionWatch watch =
      new RevisionWatch(null, TRUST, new SetbacksSeen(), nanos::get);

  private FreshCache<String, String> cache(Duration look) {
    return new FreshCache<>(
        key -> {
          long read = revision.get();
          nanos.addAndGet(look.toNanos());
          long other = revision.incrementAndGet(); // somebody changes something else
          watch.observe(new Revision(other, other), nanos.get());
          return new FreshCache.Dated<>(new Revision(read, read), Optional.of("as of " + read));
        },
        watch,
        Duration.ofHours(1),
        Runnable::run);
  }

  @Test
  void changesThatFollowOneAnotherKeepNobodyOut() {
    FreshCache<String, String> cache = cache(Duration.ofMillis(3));
    for (int i = 1; i < 50; i++) {
      assertThat(cache.get("key").join()).contains("as of " + i);
    }
  }

  @Test
  void aLookThatTookLongerThanANumberIsBelievedProvesNothing() {
    CompletableFuture<Optional<String>> slow = cache(TRUST.plusMillis(1)).get("key");
    assertThatThrownBy(slow::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(StoreUnavailable.class);
  }
}
