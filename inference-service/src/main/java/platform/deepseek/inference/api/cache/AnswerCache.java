package platform.deepseek.inference.api.cache;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.DefaultBean;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.Answers;

/** Where answers are kept: in cache-service where its address is known, else nowhere. */
@Singleton
final class AnswerCache {

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
