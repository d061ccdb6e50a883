package platform.deepseek.auth.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.store.Revision;

class RevisionWatchTest {

  private static final Revision NINE = new Revision(9, 90);
  private static final Revision TEN = new Revision(10, 100);
  private static final Revision ANOTHER_TEN = new Revision(10, 101);
  private static final Revision ELEVEN = new Revision(11, 110);

  private final AtomicLong nanos = new AtomicLong(1_000_000_000);
  private final SetbacksSeen setbacks = new SetbacksSeen();
  private final RevisionWatch watch =
      new RevisionWatch(null, Duration.ofSeconds(2), setbacks, nanos::get);

  /** A look that began now, and took a millisecond. */
  private void look(Revision found) {
    long begun = nanos.addAndGet(1);
    nanos.addAndGet(1_000_000);
    watch.observe(found, begun);
  }

  @Test
  void aLaterLookThatFindsLessProvesALoss() {
    look(TEN);
    look(NINE);
    assertThat(watch.newest()).contains(NINE);
    assertThat(setbacks.rewinds).containsExactly(new Rewind(TEN, NINE));
    look(NINE);
    look(TEN);
    assertThat(setbacks.rewinds).hasSize(1);
    assertThat(watch.newest()).contains(TEN);
  }

  @Test
  void anotherChangeOfTheSameNumberProvesALoss() {
    look(TEN);
    look(ANOTHER_TEN);
    assertThat(watch.newest()).contains(ANOTHER_TEN);
    assertThat(setbacks.rewinds).containsExactly(new Rewind(TEN, ANOTHER_TEN));
  }

  @Test
  void aLookThatBeganBeforeTheNewestWasKnownOnlyTookLong() {
    look(NINE);
    long begun = nanos.addAndGet(1);
    look(TEN);
    watch.observe(NINE, begun);
    assertThat(watch.newest()).contains(TEN);
    assertThat(setbacks.rewinds).isEmpty();
  }

  @Test
  void aLookIntoTheLostHistoryThatEndsLateIsNotBelieved() {
    look(TEN);
    long begun = nanos.addAndGet(1);
    look(NINE);
    watch.observe(ELEVEN, begun);
    assertThat(watch.newest()).contains(NINE);
    look(NINE);
    assertThat(setbacks.rewinds).hasSize(1);
  }
}
