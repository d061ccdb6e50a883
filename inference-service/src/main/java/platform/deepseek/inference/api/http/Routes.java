package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.health.EnginePulse;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.openai.ChatCompletions;
import platform.deepseek.inference.api.openai.Completions;
import platform.deepseek.inference.api.stream.ErrorBody;
import platform.deepseek.inference.api.stream.Generator;

/**
 * The public port, whole: which path has which handler and which methods. Plain Vert.x routes,
 * because an event stream is written byte by byte, and because every failure, whatever part of the
 * server finds it, must leave in one shape.
 */
@Singleton
public final class Routes {

  private static final Logger LOG = Logger.getLogger(Routes.class);
  private static final int BEFORE_ALL = -1_000;
  private static final String HEALTH = "/health";
  private static final String MODELS = "/v1/models";

  private final ServiceConfig config;
  private final RequestMetrics metrics;
  private final Handler<RoutingContext> chat;
  private final Handler<RoutingContext> completions;
  private final Handler<RoutingContext> models;
  private final Handler<RoutingContext> health;

  Routes(
      ServiceConfig config,
      ServedModel model,
      ChatCompletions chatCompletions,
      Completions completions,
      Generator generator,
      EnginePulse pulse,
      RequestMetrics metrics) {
    this.config = config;
    this.metrics = metrics;
    long limit = config.maxBodySize().asLongValue();
    this.chat = new GenerationRoute(chatCompletions::prepare, generator, metrics, limit);
    this.completions = new GenerationRoute(completions::prepare, generator, metrics, limit);
    this.models = new ModelsRoute(MODELS, model, metrics);
    this.health = new HealthRoute(pulse);
  }

  void register(@Observes Router router) {
    router.route().order(BEFORE_ALL).handler(new KeyGuard(config, Set.of(HEALTH), metrics));
    add(router, "/v1/chat/completions", chat, HttpMethod.POST);
    add(router, "/v1/completions", completions, HttpMethod.POST);
    add(router, MODELS, models, HttpMethod.GET);
    add(router, MODELS + "/*", models, HttpMethod.GET);
    add(router, HEALTH, health, HttpMethod.GET, HttpMethod.POST);
    router.route().last().handler(this::unknown).failureHandler(this::failed);
  }

  private void add(
      Router router, String path, Handler<RoutingContext> handler, HttpMethod... methods) {
    List<HttpMethod> allowed = List.of(methods);
    router
        .route(path)
        .handler(
            context -> {
              if (allowed.contains(context.request().method())) {
                handler.handle(context);
              } else {
                wrongMethod(context, allowed);
              }
            })
        .failureHandler(this::failed);
  }

  private void wrongMethod(RoutingContext context, List<HttpMethod> allowed) {
    String methods = allowed.stream().map(HttpMethod::name).collect(Collectors.joining(", "));
    context.response().putHeader("allow", methods);
    refuse(
        context,
        new ApiException(
            ApiError.METHOD_NOT_ALLOWED,
            "%s does not take %s; use %s."
                .formatted(shown(context), context.request().method().name(), methods)));
  }

  private void unknown(RoutingContext context) {
    refuse(
        context,
        new ApiException(
            ApiError.UNKNOWN_URL,
            "Invalid URL (%s %s); the API is below /v1."
                .formatted(context.request().method().name(), shown(context))));
  }

  private void failed(RoutingContext context) {
    Throwable failure = context.failure();
    if (context.statusCode() == ApiError.BODY_TOO_LARGE.status) {
      refuse(
          context, new ApiException(ApiError.BODY_TOO_LARGE, "The body is too long; send less."));
      return;
    }
    LOG.errorf(failure, "%s failed", shown(context));
    refuse(
        context,
        new ApiException(
            ApiError.INTERNAL_ERROR, "The server failed while answering; its log says why."));
  }

  private void refuse(RoutingContext context, ApiException failure) {
    metrics.refused(failure.error());
    ErrorBody.send(context.response(), failure);
  }

  private static String shown(RoutingContext context) {
    String path = context.request().path();
    return path.length() <= 100 ? path : path.substring(0, 100) + "...";
  }
}
