package platform.deepseek.inference.api.stream;

import java.util.Optional;
import java.util.function.Function;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;

/** A request that was read and checked, and only has to be answered. */
public interface Job {

  /** What it wants of a model; empty when it is answered without one. */
  Optional<Demand> demand();

  /**
   * Called once, on the client's event loop.
   *
   * @param grant to be settled when it has ended, whatever the end
   * @return to be run there when the connection closes
   */
  Runnable start(Grant grant, Client client);

  /** One that is answered without a model. */
  static Job free(Function<Client, Runnable> start) {
    return new Job() {
      @Override
      public Optional<Demand> demand() {
        return Optional.empty();
      }

      @Override
      public Runnable start(Grant grant, Client client) {
        return start.apply(client);
      }
    };
  }

  /** One that needs leave. */
  static Job of(Demand demand, Work work) {
    return new Job() {
      @Override
      public Optional<Demand> demand() {
        return Optional.of(demand);
      }

      @Override
      public Runnable start(Grant grant, Client client) {
        return work.start(grant, client);
      }
    };
  }

  /** How a job is started. */
  @FunctionalInterface
  interface Work {

    Runnable start(Grant grant, Client client);
  }
}
