package platform.deepseek.inference.api.authorization;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.engine.Share;

/** Leave that was reserved, and is settled once. */
final class OpenReservation implements Grant {

  private final Decision.Allow allow;
  private final BiConsumer<Consumption, Outcome> settlement;
  private final AtomicBoolean settled = new AtomicBoolean();

  OpenReservation(Decision.Allow allow, BiConsumer<Consumption, Outcome> settlement) {
    this.allow = allow;
    this.settlement = settlement;
  }

  @Override
  public long maxTokens() {
    return allow.maxTokens();
  }

  @Override
  public String cacheSalt() {
    return allow.cacheSalt();
  }

  @Override
  public Share share() {
    return allow.share();
  }

  @Override
  public Map<String, String> headers() {
    return allow.headers();
  }

  @Override
  public void settle(Consumption used, Outcome outcome) {
    if (settled.compareAndSet(false, true)) {
      settlement.accept(used, outcome);
    }
  }
}
