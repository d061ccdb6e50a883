package platform.deepseek.cache.service;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import sun.misc.Signal;

/**
 * Where signals and the server meet the {@link Drain}. SIGTERM is taken from the virtual machine,
 * which would end the server at once and knows of no second one.
 */
@Singleton
final class Draining {

  private static final Logger LOG = Logger.getLogger(Draining.class);
  private static final int BEFORE_ALL = -2_000;

  private final DrainConfig config;
  private final Drain drain;

  Draining(DrainConfig config) {
    this.config = config;
    this.drain = new Drain(config.delay(), () -> Quarkus.asyncExit(0));
  }

  Drain drain() {
    return drain;
  }

  void start(@Observes StartupEvent event) {
    if (LaunchMode.current() == LaunchMode.NORMAL) { // tests share their process with others
      Signal.handle(new Signal("TERM"), this::signal);
    }
  }

  private void signal(Signal signal) {
    LOG.infof(
        drain.begun()
            ? "told to stop again: the delay is over"
            : "told to stop: not ready any more, serving on for %s, then draining for %s at most",
        config.delay(),
        config.time());
    drain.signal();
  }

  void register(@Observes Router router) {
    router.route().order(BEFORE_ALL).handler(this::handle);
  }

  private void handle(RoutingContext context) {
    if (!drain.begun()) {
      context.next();
      return;
    }
    leave(context);
    if (context.request().path().equals("/health")) {
      context
          .response()
          .setStatusCode(503)
          .putHeader("content-type", "application/json")
          .end("{\"status\":\"stopping\"}");
    } else {
      context.next();
    }
  }

  /** The client's next request needs another connection, which leads elsewhere. */
  private void leave(RoutingContext context) {
    if (context.request().version() == HttpVersion.HTTP_2) {
      // From the signal on streams may last as long as both; when they end is not decided here.
      context.request().connection().shutdown(config.delay().plus(config.time()).toMillis());
    } else {
      context.response().putHeader("connection", "close");
    }
  }
}
