package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.anthropic.AnthropicErrors;
import platform.deepseek.inference.api.anthropic.Messages;
import platform.deepseek.inference.api.authorization.Authorization;
import platform.deepseek.inference.api.deepseek.BalanceRoute;
import platform.deepseek.inference.api.embeddings.Embeddings;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.health.EnginePulse;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.openai.ChatCompletions;
import platform.deepseek.inference.api.openai.Completions;
import platform.deepseek.inference.api.openai.OpenAiErrors;
import platform.deepseek.inference.api.openai.Surface;
import platform.deepseek.inference.api.responses.Responses;
import platform.deepseek.inference.api.responses.StoredResponses;
import platform.deepseek.inference.api.stream.ErrorBody;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.RequestId;
import platform.deepseek.inference.api.tokens.Tokenization;

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

  /** Where each surface begins. */
  private static final Map<String, Surface> SURFACES =
      Map.of("/v1", Surface.OPENAI, "", Surface.DEEPSEEK, "/beta", Surface.DEEPSEEK_BETA);

  /** Where Anthropic's messages are: its own path, and DeepSeek's. */
  private static final List<String> MESSAGES = List.of("/v1/messages", "/anthropic/v1/messages");

  private static final String ANTHROPIC_MODELS = "/anthropic/v1/models";

  private final Guard guard;
  private final RequestMetrics metrics;
  private final ServedModel model;
  private final GenerationRoutes generations;
  private final ChatCompletions chat;
  private final Completions completions;
  private final Messages messages;
  private final Embeddings embeddings;
  private final Tokenization tokenization;
  private final Responses responses;
  private final StoredResponses storedResponses;
  private final BalanceRoute balance;
  private final HealthRoute health;
  private final Set<String> generating = new HashSet<>();

  Routes(
      ServiceConfig config,
      Authorization authorization,
      RequestMetrics metrics,
      ServedModel model,
      GenerationRoutes generations,
      ChatCompletions chat,
      Completions completions,
      Messages messages,
      Embeddings embeddings,
      Tokenization tokenization,
      Responses responses,
      StoredResponses storedResponses,
      BalanceRoute balance,
      EnginePulse pulse) {
    this.guard =
        switch (authorization.mode()) {
          case PLATFORM -> new DecisionGuard(authorization.service().orElseThrow(), metrics);
          case API_KEY -> new KeyGuard(config.apiKey(), metrics);
          case NONE -> new OpenGuard();
        };
    this.metrics = metrics;
    this.model = model;
    this.generations = generations;
    this.chat = chat;
    this.completions = completions;
    this.messages = messages;
    this.embeddings = embeddings;
    this.tokenization = tokenization;
    this.responses = responses;
    this.storedResponses = storedResponses;
    this.balance = balance;
    this.health = new HealthRoute(pulse);
  }

  void register(@Observes Router router) {
    router.route().order(BEFORE_ALL).handler(this::guard).failureHandler(this::failed);
    SURFACES.forEach(
        (base, surface) -> {
          post(router, base + "/chat/completions", surface, body -> chat.prepare(body, surface));
          post(router, base + "/completions", surface, body -> completions.prepare(body, surface));
          openAiModels(router, base + "/models");
        });
    for (String path : MESSAGES) {
      generate(router, path, generations.of(AnthropicErrors.STYLE, messages::prepare));
      Handler<RoutingContext> count = generations.answering(AnthropicErrors.STYLE, messages::count);
      add(router, path + "/count_tokens", count, HttpMethod.POST);
    }
    models(router, ANTHROPIC_MODELS, ModelsRoute.anthropic(ANTHROPIC_MODELS, model, metrics));
    Handler<RoutingContext> embed = generations.working(OpenAiErrors.STYLE, embeddings::prepare);
    generate(router, "/v1/embeddings", embed);
    for (String base : List.of("", "/v1")) {
      answer(router, base + "/tokenize", tokenization::tokenize);
      answer(router, base + "/detokenize", tokenization::detokenize);
    }
    addResponses(router, "/v1/responses");
    add(router, "/user/balance", balance, HttpMethod.GET);
    add(router, HEALTH, health, HttpMethod.GET, HttpMethod.POST);
    router.route().last().handler(this::unknown).failureHandler(this::failed);
  }

  private void addResponses(Router router, String base) {
    Handler<RoutingContext> respond = generations.working(OpenAiErrors.STYLE, responses::prepare);
    generate(router, base, respond);
    add(
        router,
        base + "/input_tokens",
        generations.answering(OpenAiErrors.STYLE, responses::count),
        HttpMethod.POST);
    add(router, base + "/:id", storedResponses, HttpMethod.GET, HttpMethod.DELETE);
    add(router, base + "/:id/cancel", storedResponses::cancel, HttpMethod.POST);
    add(router, base + "/:id/input_items", storedResponses::inputItems, HttpMethod.GET);
  }

  private void post(
      Router router, String path, Surface surface, Function<Fields, Prepared> preparation) {
    generate(router, path, generations.of(surface.errors, preparation));
  }

  /** A route that asks for leave itself, as soon as it knows for how much. */
  private void generate(Router router, String path, Handler<RoutingContext> handler) {
    generating.add(path);
    add(router, path, handler, HttpMethod.POST);
  }

  private void guard(RoutingContext context) {
    RequestId.begin(context.response(), Styles.of(context.request()) == AnthropicErrors.STYLE);
    Optional<ApiException> malformed = Malformed.find(context);
    if (malformed.isPresent()) {
      // Where its body ends is not known, so nothing behind it is read as another request.
      context.addEndHandler(ended -> context.request().connection().close());
      context.response().putHeader("connection", "close");
      refuse(context, malformed.get());
      return;
    }
    String path = context.request().path();
    if (path.equals(HEALTH)) {
      context.next();
    } else {
      guard.pass(
          context, generating.contains(path) && context.request().method() == HttpMethod.POST);
    }
  }

  /** The models in the shapes of the API whose client asks. */
  private void openAiModels(Router router, String path) {
    ModelsRoute openAi = ModelsRoute.openAi(path, model, embeddings.ownModels(), metrics);
    ModelsRoute anthropic = ModelsRoute.anthropic(path, model, metrics);
    models(
        router,
        path,
        context ->
            (Styles.of(context.request()) == AnthropicErrors.STYLE ? anthropic : openAi)
                .handle(context));
  }

  private void models(Router router, String path, Handler<RoutingContext> models) {
    add(router, path, models, HttpMethod.GET);
    add(router, path + "/*", models, HttpMethod.GET);
  }

  private void answer(Router router, String path, Function<Fields, JsonBytes> answers) {
    add(router, path, generations.answering(OpenAiErrors.STYLE, answers), HttpMethod.POST);
  }

  private void add(
      Router router, String path, Handler<RoutingContext> handler, HttpMethod... methods) {
    List<HttpMethod> allowed = List.of(methods);
    router
        .route(path)
        .handler(
            context -> {
              if (!allowed.contains(context.request().method())) {
                wrongMethod(context, allowed);
              } else if (isKnown(context)) {
                handler.handle(context);
              } else {
                unknown(context);
              }
            })
        .failureHandler(this::failed);
  }

  /** auth-service may know fewer routes than there are here: those nobody may ask for. */
  private static boolean isKnown(RoutingContext context) {
    return context.request().path().equals(HEALTH) || Caller.find(context).isPresent();
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
    if (failure instanceof ApiException told) {
      refuse(context, told);
      return;
    }
    if (context.statusCode() == ApiError.MALFORMED_REQUEST.status) {
      refuse(context, Malformed.head());
      return;
    }
    if (context.statusCode() == ApiError.UNKNOWN_URL.status) {
      unknown(context); // a target that is no path, as that of CONNECT
      return;
    }
    LOG.errorf(failure, "%s failed (%s)", shown(context), RequestId.of(context.response()));
    refuse(
        context,
        new ApiException(
            ApiError.INTERNAL_ERROR, "The server failed while answering; its log says why."));
  }

  private void refuse(RoutingContext context, ApiException failure) {
    metrics.refused(failure.error());
    ErrorBody.send(context.response(), failure, Styles.of(context.request()));
  }

  private static String shown(RoutingContext context) {
    String path = context.request().path();
    return path.length() <= 100 ? path : path.substring(0, 100) + "...";
  }
}
