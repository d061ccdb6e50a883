package platform.deepseek.auth;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Awaits what becomes true a moment later, on a busy machine many moments. */
public final class Await {

  private static final Duration SOON = Duration.ofSeconds(60);

  private Await() {}

  /** What other threads throw is theirs: a cut connection fails no condition. */
  public static ConditionFactory soon() {
    return Awaitility.await().dontCatchUncaughtExceptions().atMost(SOON);
  }
}
