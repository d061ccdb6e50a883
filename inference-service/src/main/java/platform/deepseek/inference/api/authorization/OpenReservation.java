package platform.deepseek.inference.api.authorization;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.engine.Share;

/** Leave that was reserved, and is settled once. */
final class OpenReservation implements Grant {

  private final Leave leave;
  private final BiConsumer<Consumption, Outcome> settlement;
  private final Function<Buffer, Future<Void>> audit;
  private final AtomicBoolean settled = new AtomicBoolean();

  /**
   * @param audit keeps of a request what the tenant wants it to
   */
  OpenReservation(
      Leave leave,
      Function<Buffer, Future<Void>> audit,
      BiConsumer<Consumption, Outcome> settlement) {
    this.leave = leave;
    this.audit = audit;
    this.settlement = settlement;
  }

  @Override
  public long maxTokens() {
    return leave.maxTokens();
  }

  @Override
  public String cacheSalt() {
    return leave.cacheSalt();
  }

  @Override
  public Share share() {
    return leave.share();
  }

  @Override
  public Map<String, String> headers() {
    return leave.headers();
  }

  @Override
  public Future<Void> hold(Buffer request) {
    return audit.apply(request);
  }

  @Override
  public void settle(Consumption used, Outcome outcome) {
    if (settled.compareAndSet(false, true)) {
      settlement.accept(used, outcome);
    }
  }
}
