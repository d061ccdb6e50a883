package platform.deepseek.inference.api.cache;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.DefaultBean;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.Answers;

/** Where answers are kept: in cache-service where its address is known, else nowhere. */
@Singleton
final class AnswerCache {

  private static final Logger LOG = Logger.getLogger(AnswerCache.class);

  /** Longer than the lookups go on; the service is ready afterwards, whatever came of them. */
  private static final Duration MOST_WARMING = Duration.ofSeconds(6);

  /** Before the first request: it is to find what is kept, and not a cold way to it. */
  void warm(@Observes StartupEvent event, Answers answers) {
    if (!(answers instanceof CachedAnswers cached)) {
      return;
    }
    try {
      int answered =
          cached
              .warm()
              .toCompletionStage()
              .toCompletableFuture()
              .completeOnTimeout(0, MOST_WARMING.toMillis(), TimeUnit.MILLISECONDS)
              .join();
      if (answered == 0) {
        LOG.warn(
            "cache-service does not answer yet: answers are computed until it does;"
                + " look at DEEPSEEK_CACHE_URL and at that service if it stays so");
      }
    } catch (CompletionException e) {
      LOG.warnf(e.getCause(), "cache-service was not asked before the first request");
    }
  }

  @Produces
  @Singleton
  @DefaultBean
  Answers answers(
      AnswerCacheConfig config,
      ServiceConfig service,
      ServedModel model,
      Vertx vertx,
      RequestMetrics requests,
      MeterRegistry registry) {
    return config
        .url()
        .filter(url -> !url.isBlank())
        .<Answers>map(
            url ->
                new CachedAnswers(
                    vertx,
                    URI.create(url.strip()),
                    config,
                    model,
                    Math.max(1, service.keepAlive().toMillis()),
                    requests,
                    registry))
        .orElse(Answers.NONE);
  }
}
