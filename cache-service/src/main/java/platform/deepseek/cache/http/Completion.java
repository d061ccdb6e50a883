package platform.deepseek.cache.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import platform.deepseek.cache.error.BadRequest;

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
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof BadRequest wrong) {
      Replies.fail(routing.response(), wrong);
      return;
    }
    LOG.errorf(cause, "%s failed", routing.request().path());
    Replies.fail(
        routing.response(),
        503,
        "cache_unavailable",
        "The service failed while answering; its log says why. Go on without it.");
  }
}
