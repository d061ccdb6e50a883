package platform.deepseek.inference.api.account;

import io.vertx.core.Future;
import java.util.List;

/** Nothing is charged: every request passes and there is no money to tell of. */
public final class Uncharged implements Accounts {

  @Override
  public Future<Balance> balance(Question question) {
    return Future.succeededFuture(new Balance(true, List.of()));
  }

  @Override
  public Future<Grant> reserve(Question question, Demand demand) {
    return Future.succeededFuture(Grant.FREE);
  }
}
