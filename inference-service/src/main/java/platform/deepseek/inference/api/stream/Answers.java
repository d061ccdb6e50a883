package platform.deepseek.inference.api.stream;

import io.vertx.core.Context;
import java.util.Optional;
import java.util.function.Function;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.json.Fields;

/** Whole answers that are kept: the place where a cache of them joins. */
public interface Answers {

  /** None are kept. */
  Answers NONE =
      new Answers() {
        @Override
        public Optional<Recall> recall(Fields body, Prepared prepared) {
          return Optional.empty();
        }

        @Override
        public Generator.Running answer(Recall recall, Request request) {
          return request.compute(request.outlets());
        }
      };

  /**
   * A request that is to be answered.
   *
   * @param grant settled by whoever answers it
   * @param outlets gets what to run when a client does not read, and gives the outlet; called once
   * @param computation computes the answer
   */
  record Request(
      Prepared prepared,
      Grant grant,
      Client client,
      Function<Runnable, Outlet> outlets,
      Computation computation) {

    public Generator.Running compute(Function<Runnable, Outlet> outlets) {
      return computation.start(prepared, grant, outlets, client.context());
    }
  }

  /** The engine. */
  @FunctionalInterface
  interface Computation {

    Generator.Running start(
        Prepared prepared, Grant grant, Function<Runnable, Outlet> outlets, Context context);
  }

  /**
   * How an answer would be found; called on a worker thread.
   *
   * @param body of the request, as it was sent
   * @return empty when the answer to such a request is never kept
   */
  Optional<Recall> recall(Fields body, Prepared prepared);

  /** Answers a request; called on the connection's event loop. */
  Generator.Running answer(Recall recall, Request request);
}
