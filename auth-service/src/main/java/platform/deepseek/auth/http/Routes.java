package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The public port. A path that servers could read in two ways is refused before anything looks at
 * it; what is not registered here or below /v1/admin does not exist.
 */
public final class Routes {

  private static final Logger LOG = Logger.getLogger(Routes.class);
  private static final int BEFORE_ALL = -1_000;
  private static final int MALFORMED = 400;
  private static final int UNKNOWN = 404;
  private static final String MALFORMED_HEAD =
      "The request is malformed: its path begins with / and is escaped as %XX in UTF-8, and"
          + " HTTP/1.1 wants a Host header.";
  private static final String ADMINISTRATION = "/v1/admin/";
  private static final String LOGS = "/logs";

  private final ServiceGuard guard;
  private final DecisionRoute decisions;
  private final SettlementRoute settlements;
  private final RenewalRoute renewals;
  private final BalanceRoute balances;
  private final PromptRoute prompts;
  private final VerifyRoute verify;
  private final AuthorizationServer authorizationServer;

  public Routes(
      ServiceGuard guard,
      DecisionRoute decisions,
      SettlementRoute settlements,
      RenewalRoute renewals,
      BalanceRoute balances,
      PromptRoute prompts,
      VerifyRoute verify,
      AuthorizationServer authorizationServer) {
    this.guard = guard;
    this.decisions = decisions;
    this.settlements = settlements;
    this.renewals = renewals;
    this.balances = balances;
    this.prompts = prompts;
    this.verify = verify;
    this.authorizationServer = authorizationServer;
  }

  public void register(Router router) {
    router
        .route()
        .order(BEFORE_ALL)
        .handler(Routes::refuseAmbiguousRequests)
        .failureHandler(Routes::unreadable);
    add(router, "/v1/decisions", guard.guard(decisions), HttpMethod.POST);
    add(router, "/v1/settlements/:reservation", guard.guard(settlements), HttpMethod.POST);
    add(router, "/v1/renewals/:reservation", guard.guard(renewals), HttpMethod.POST);
    add(router, "/v1/balances", guard.guard(balances), HttpMethod.POST);
    add(router, "/v1/prompts/:reservation", guard.guard(prompts), HttpMethod.POST);
    add(router, "/verify", verify, HttpMethod.GET, HttpMethod.POST);
    add(router, "/health", Routes::health, HttpMethod.GET, HttpMethod.POST);
    add(router, AuthorizationServer.METADATA, authorizationServer.metadata(), HttpMethod.GET);
    add(router, AuthorizationServer.KEYS, authorizationServer.keys(), HttpMethod.GET);
    add(router, AuthorizationServer.TOKEN, authorizationServer.token(), HttpMethod.POST);
    add(
        router,
        AuthorizationServer.INTROSPECTION,
        authorizationServer.introspection(),
        HttpMethod.POST);
    add(router, AuthorizationServer.REVOCATION, authorizationServer.revocation(), HttpMethod.POST);
    router.route().order(BEFORE_ALL + 2).handler(Routes::onlyAdministration);
  }

  private static void add(
      Router router, String path, Handler<RoutingContext> handler, HttpMethod... methods) {
    List<HttpMethod> allowed = Arrays.asList(methods);
    router
        .route(path)
        .order(BEFORE_ALL + 1)
        .handler(
            context -> {
              if (allowed.contains(context.request().method())) {
                handler.handle(context);
                return;
              }
              String names =
                  allowed.stream().map(HttpMethod::name).collect(Collectors.joining(", "));
              Replies.fail(
                  context.response().putHeader("allow", names),
                  405,
                  "method_not_allowed",
                  "This route takes %s.".formatted(names));
            })
        .failureHandler(Routes::failed);
  }

  private static void refuseAmbiguousRequests(RoutingContext context) {
    if (context.request().version() != HttpVersion.HTTP_2
        && context.request().headers().getAll("host").size() > 1) {
      malformed(context.response(), "The request has several Host headers; send one.");
      return;
    }
    if (context.request().headers().contains("transfer-encoding")) {
      // It may have told another length as well, which is gone by now. What comes behind it could
      // be a part of it to the proxy before us: no other request is read here (RFC 9112, 6.3).
      context.addEndHandler(end -> context.request().connection().close());
      context.response().putHeader("connection", "close");
    }
    String path = context.request().path();
    if (path == null
        || !path.equals(context.normalizedPath())
        || path.contains("//")
        || path.contains("%")
        || path.contains(";")
        || path.length() > 1 && path.endsWith("/")) {
      unknown(context);
    } else {
      context.next();
    }
  }

  private static void onlyAdministration(RoutingContext context) {
    String path = context.request().path();
    if (path.startsWith(ADMINISTRATION) || path.equals(LOGS)) {
      context.next();
    } else {
      unknown(context);
    }
  }

  private static void unknown(RoutingContext context) {
    Replies.fail(
        context.response(),
        UNKNOWN,
        "unknown_url",
        "There is no such route here; check method and path.");
  }

  private static void health(RoutingContext context) {
    context.response().putHeader("content-type", "application/json").end("{\"status\":\"ok\"}");
  }

  private static void malformed(HttpServerResponse response, String message) {
    Replies.fail(response, MALFORMED, "malformed_request", message);
  }

  /** There is no Host, or a target that is no path, such as that of CONNECT. */
  private static void unreadable(RoutingContext context) {
    switch (context.statusCode()) {
      case MALFORMED -> malformed(context.response(), MALFORMED_HEAD);
      case UNKNOWN -> unknown(context);
      default -> context.next();
    }
  }

  private static void failed(RoutingContext context) {
    LOG.errorf(context.failure(), "%s failed", context.request().path());
    Replies.fail(
        context.response(),
        500,
        "internal_error",
        "The server failed while answering; its log says why.");
  }
}
