package platform.deepseek.cache.service;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Tells each connection's {@link HeadDeadline} of its requests, on both ports. */
@Singleton
final class Heads {

  private static final int BEFORE_ALL = -3_000;

  private final HeadConfig config;

  Heads(HeadConfig config) {
    this.config = config;
  }

  void start(@Observes StartupEvent event) {
    Duration within = config.within();
    if (!within.isPositive()) {
      throw new IllegalStateException(
          "deepseek.head.within is %s, in which no head can come; take some seconds."
              .formatted(within));
    }
  }

  void register(@Observes Router router) {
    router.route().order(BEFORE_ALL).handler(HeadDeadline::met);
  }

  void registerManagement(@Observes ManagementInterface management) {
    register(management.router());
  }
}
