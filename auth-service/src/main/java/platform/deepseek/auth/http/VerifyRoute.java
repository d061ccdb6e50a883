package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.decision.Decisions;
import platform.deepseek.auth.decision.Question;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.metrics.DecisionMetrics;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.traffic.SourceWatch;

/**
 * {@code /verify}: forward authentication for nginx ({@code X-Original-URI}, {@code
 * X-Original-Method}), Traefik ({@code X-Forwarded-Uri}, {@code X-Forwarded-Method}) and Kong. 200
 * with the identity in headers, else 401, 403 or 429, the statuses that proxies pass on, or 503. A
 * request is counted and nothing is reserved: there is nobody who would settle.
 */
public final class VerifyRoute implements Handler<RoutingContext> {

  private static final List<String> PATHS = List.of("x-original-uri", "x-forwarded-uri");
  private static final List<String> METHODS = List.of("x-original-method", "x-forwarded-method");

  private final Decisions decisions;
  private final TrustedProxies proxies;
  private final SourceWatch sources;
  private final DecisionMetrics metrics;

  public VerifyRoute(
      Decisions decisions, TrustedProxies proxies, SourceWatch sources, DecisionMetrics metrics) {
    this.decisions = decisions;
    this.proxies = proxies;
    this.sources = sources;
    this.metrics = metrics;
  }

  @Override
  public void handle(RoutingContext context) {
    MultiMap headers = context.request().headers();
    Optional<String> uri = one(headers, PATHS);
    Optional<String> method = one(headers, METHODS);
    Optional<ClientAddress> client =
        proxies.client(Peer.of(context.request()), headers.getAll("x-forwarded-for"));
    client.ifPresent(sources::count);
    Optional<String> credential = ShownCredential.in(headers);
    if (uri.isEmpty() || method.isEmpty() || client.isEmpty()) {
      Replies.fail(
          context.response(),
          403,
          "ambiguous_request",
          "The proxy has to name the request once: X-Original-URI and X-Original-Method, or"
              + " X-Forwarded-Uri and X-Forwarded-Method, and an address in X-Forwarded-For.");
      return;
    }
    if (credential.isEmpty()) {
      unauthorized(context.response());
      Replies.fail(
          context.response(),
          401,
          "ambiguous_credential",
          "Send one credential: Authorization: Bearer YOUR_KEY or x-api-key: YOUR_KEY.");
      return;
    }
    int query = uri.get().indexOf('?');
    String path = query < 0 ? uri.get() : uri.get().substring(0, query);
    long start = System.nanoTime();
    Completion.of(
        context,
        decisions.decide(
            new Question(
                credential.get(), client.get(), method.get(), path, Optional.empty(), 0, 0, false)),
        decision -> {
          metrics.decided(decision, System.nanoTime() - start);
          reply(context.response(), decision);
        });
  }

  /** The one value under any of the names; nothing when there is none, or there are several. */
  private static Optional<String> one(MultiMap headers, List<String> names) {
    Set<String> values = new LinkedHashSet<>();
    int count = 0;
    for (String name : names) {
      List<String> all = headers.getAll(name);
      count = Math.max(count, all.size());
      values.addAll(all);
    }
    return values.size() == 1 && count == 1
        ? Optional.of(values.iterator().next())
        : Optional.empty();
  }

  private static void reply(HttpServerResponse response, Decision decision) {
    switch (decision) {
      case Decision.Allow allow -> {
        Identity identity = allow.identity();
        response
            .putHeader("x-auth-tenant", identity.tenant())
            .putHeader("x-auth-user", identity.user().orElse(""))
            .putHeader("x-auth-role", identity.role().label())
            .putHeader("x-auth-credential", identity.credential());
        QuotaHeaders.of(allow.quota(), Optional.empty()).forEach(response::putHeader);
        response.setStatusCode(200).end();
      }
      case Decision.Deny deny -> {
        QuotaHeaders.of(deny.quota(), deny.retryAfter()).forEach(response::putHeader);
        int status =
            switch (deny.refusal().status()) {
              case 402, 404 -> 403;
              default -> deny.refusal().status();
            };
        if (status == 401) {
          response.putHeader("www-authenticate", deny.challenge().orElse("Bearer"));
        }
        Replies.fail(response, status, deny.refusal().code(), deny.message());
      }
    }
  }

  private static void unauthorized(HttpServerResponse response) {
    response.putHeader("www-authenticate", "Bearer");
  }
}
