package platform.deepseek.auth.limit;

import java.util.concurrent.CompletableFuture;
import platform.deepseek.auth.usage.Charge;

/**
 * What holds the limits: in Redis for all replicas, in memory for one. Every future may fail with
 * {@link CountersUnavailable}.
 */
interface Counters {

  /** Decides and takes, as one. */
  CompletableFuture<Answer> reserve(Demand demand);

  /**
   * Ends a reservation with what was used.
   *
   * @return false when it was settled before
   */
  CompletableFuture<Boolean> settle(Settlement settlement);

  /** Keeps a reservation for another lease; false when it is not open. */
  CompletableFuture<Boolean> renew(String reservation);

  /** Begins to keep a budget, unless it is being kept. */
  CompletableFuture<Void> seed(Answer.Budget budget, Charge used);

  /** Returns what was neither settled nor renewed in time; how many reservations that were. */
  CompletableFuture<Integer> sweep();
}
