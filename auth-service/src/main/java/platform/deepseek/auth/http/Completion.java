package platform.deepseek.auth.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Brings a result back to the event loop of its connection, where it may be the whole time. */
final class Completion {

  private static final Logger LOG = Logger.getLogger(Completion.class);

  private Completion() {}

  static <T> void of(RoutingContext routing, CompletableFuture<T> future, Consumer<T> then) {
    Context context = Vertx.currentContext();
    var unused =
        future.whenComplete(
            (result, failure) -> {
              if (Vertx.currentContext() == context) {
                finish(routing, result, failure, then);
              } else {
                context.runOnContext(run -> finish(routing, result, failure, then));
              }
            });
  }

  private static <T> void finish(
      RoutingContext routing, T result, Throwable failure, Consumer<T> then) {
    if (failure == null) {
      then.accept(result);
      return;
    }
    LOG.errorf(failure, "%s failed", routing.request().path());
    Replies.fail(
        routing.response(),
        503,
        "authorization_unavailable",
        "The service failed while deciding; its log says why. Try again in a few seconds.");
  }
}
