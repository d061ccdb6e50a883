package platform.deepseek.cache.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The public port. A path that servers could read in two ways is refused before anything looks at
 * it; what is not registered here does not exist.
 */
public final class Routes {

  private static final Logger LOG = Logger.getLogger(Routes.class);
  private static final int BEFORE_ALL = -1_000;
  private static final int MALFORMED = 400;
  private static final int UNKNOWN = 404;
  private static final String MALFORMED_HEAD =
      "The request is malformed: its path begins with / and is escaped as %XX in UTF-8, and"
          + " HTTP/1.1 wants a Host header.";

  private final ServiceGuard guard;
  private final LookupRoute lookup;
  private final LeaseRoutes leases;
  private final StreamAppendRoute append;
  private final StreamReadRoute read;
  private final PrefixRoutes prefixes;
  private final AdministrationRoutes administration;

  public Routes(
      ServiceGuard guard,
      LookupRoute lookup,
      LeaseRoutes leases,
      StreamAppendRoute append,
      StreamReadRoute read,
      PrefixRoutes prefixes,
      AdministrationRoutes administration) {
    this.guard = guard;
    this.lookup = lookup;
    this.leases = leases;
    this.append = append;
    this.read = read;
    this.prefixes = prefixes;
    this.administration = administration;
  }

  public void register(Router router) {
    router
        .route()
        .order(BEFORE_ALL)
        .handler(Routes::refuseAmbiguousRequests)
        .failureHandler(Routes::unreadable);
    Path.at("/v1/lookups").with(HttpMethod.POST, guard.guard(lookup)).add(router);
    Path.at("/v1/entries/:name")
        .with(HttpMethod.PUT, guard.guard(leases.store()))
        .with(HttpMethod.DELETE, guard.guard(administration.purgeKey()))
        .add(router);
    Path.at("/v1/leases/:name")
        .with(HttpMethod.POST, guard.guard(leases.renew()))
        .with(HttpMethod.DELETE, guard.guard(leases.release()))
        .add(router);
    Path.at("/v1/streams/:stream")
        .with(HttpMethod.PUT, guard.guard(append))
        .with(HttpMethod.GET, guard.guard(read))
        .add(router);
    Path.at("/v1/prefixes").with(HttpMethod.PUT, guard.guard(prefixes.write())).add(router);
    Path.at("/v1/prefixes/lookups")
        .with(HttpMethod.POST, guard.guard(prefixes.lookup()))
        .add(router);
    Path.at("/v1/prefixes/reads").with(HttpMethod.POST, guard.guard(prefixes.read())).add(router);
    Path.at("/v1/prefixes/:name")
        .with(HttpMethod.PUT, guard.guard(prefixes.writeOne()))
        .with(HttpMethod.GET, guard.guard(prefixes.readOne()))
        .with(HttpMethod.HEAD, guard.guard(prefixes.readOne()))
        .add(router);
    Path.at("/v1/statistics")
        .with(HttpMethod.GET, guard.guard(administration.statistics()))
        .add(router);
    Path.at("/v1/models/:name")
        .with(HttpMethod.DELETE, guard.guard(administration.purgeModel()))
        .add(router);
    Path.at("/v1/tenants/:name")
        .with(HttpMethod.DELETE, guard.guard(administration.purgeTenant()))
        .add(router);
    Path.at("/health")
        .with(HttpMethod.GET, Routes::health)
        .with(HttpMethod.POST, Routes::health)
        .add(router);
    router.route().order(BEFORE_ALL + 2).handler(Routes::unknown);
  }

  /** One path and what it takes. */
  private record Path(String path, Map<HttpMethod, Handler<RoutingContext>> handlers) {

    static Path at(String path) {
      return new Path(path, new LinkedHashMap<>());
    }

    Path with(HttpMethod method, Handler<RoutingContext> handler) {
      handlers.put(method, handler);
      return this;
    }

    void add(Router router) {
      router
          .route(path)
          .order(BEFORE_ALL + 1)
          .handler(this::dispatch)
          .failureHandler(Routes::failed);
    }

    private void dispatch(RoutingContext context) {
      Handler<RoutingContext> handler = handlers.get(context.request().method());
      if (handler != null) {
        handler.handle(context);
        return;
      }
      String names =
          handlers.keySet().stream().map(HttpMethod::name).collect(Collectors.joining(", "));
      Replies.fail(
          context.response().putHeader("allow", names),
          405,
          "method_not_allowed",
          "This route takes %s.".formatted(names));
    }
  }

  private static void refuseAmbiguousRequests(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (request.version() != HttpVersion.HTTP_2) {
      List<String> codings = request.headers().getAll("transfer-encoding");
      if (!codings.isEmpty() && !codings.equals(List.of("chunked"))) {
        // Where its body ends is not known, so nothing behind it is read as another request.
        context.addEndHandler(end -> request.connection().close());
        malformed(
            context.response().putHeader("connection", "close"),
            "The only Transfer-Encoding that is read is 'chunked'.");
        return;
      }
      if (request.headers().getAll("host").size() > 1) {
        malformed(context.response(), "The request has several Host headers; send one.");
        return;
      }
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
