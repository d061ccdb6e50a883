package platform.deepseek.inference.api.account;

import io.vertx.core.Future;

/** Who may still ask, and for how much. Called on event loops: it does not block. */
public interface Accounts {

  /**
   * What the caller has left.
   *
   * @param question who asks
   * @return fails with an {@link platform.deepseek.inference.api.error.ApiException} when it cannot
   *     be told
   */
  Future<Balance> balance(Question question);

  /**
   * Lets a request pass before it is queued, and sets aside what it may use.
   *
   * @param question who asks for what
   * @return fails with an {@link platform.deepseek.inference.api.error.ApiException} when it may
   *     not be answered
   */
  Future<Grant> reserve(Question question, Demand demand);

  /** The service ends: waits, not for long, until all that was granted is settled. May block. */
  default void drain() {}
}
