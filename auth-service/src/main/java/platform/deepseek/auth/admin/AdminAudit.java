package platform.deepseek.auth.admin;

import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.watermark.Mark;
import platform.deepseek.auth.watermark.Watermark;

/**
 * Writes what administrators and auditors do: that they are about to, before it is done, and what
 * came of it. What cannot be written is not done. Looking at something is one event, unless it
 * fails. All events of a request, and the marks hidden in its answer, have its {@link Mark}.
 */
@Singleton
final class AdminAudit {

  private static final String PROPERTY = AdminAudit.class.getName();
  private static final String PREFIX = "/v1/admin/";

  private final Provider<Audit> audit; // filters are made before there is a configuration
  private final Provider<Watermark> watermark;

  AdminAudit(Provider<Audit> audit, Provider<Watermark> watermark) {
    this.audit = audit;
    this.watermark = watermark;
  }

  /** What an answer can have so that the audit names what was made. */
  interface Identified {
    String id();
  }

  private record Request(AuditEvent event, Mark mark) {
    AuditEvent ended(Outcome outcome, String object, int status) {
      Map<String, String> details = new HashMap<>(event.details());
      details.put("status", Integer.toString(status));
      return new AuditEvent(
          event.actor(),
          event.source(),
          event.action(),
          object,
          outcome,
          event.correlation(),
          details);
    }
  }

  /**
   * @return done when it is written, and then it may be done; fails with AuditUnavailable
   */
  CompletableFuture<Void> begin(
      ContainerRequestContext context,
      HttpServerRequest request,
      Identity identity,
      ClientAddress client) {
    Mark mark = watermark.get().create();
    String method = context.getMethod();
    boolean looks = method.equals("GET");
    Map<String, String> details = new HashMap<>();
    Optional.ofNullable(request.query()).ifPresent(query -> details.put("query", query));
    Optional.ofNullable(request.getHeader("x-request-id"))
        .ifPresent(id -> details.put("request", id));
    AuditEvent event =
        new AuditEvent(
            identity.actor(),
            client.toString(),
            action(method, request.path()),
            request.path(),
            looks ? Outcome.SUCCEEDED : Outcome.ATTEMPTED,
            mark.text(),
            details);
    context.setProperty(PROPERTY, new Request(event, mark));
    return audit.get().recordFirst(event);
  }

  /** Of the request that is being answered. */
  static Mark mark(ContainerRequestContext context) {
    return ((Request) context.getProperty(PROPERTY)).mark();
  }

  @ServerResponseFilter
  void end(ContainerRequestContext context, ContainerResponseContext response) {
    if (context.getProperty(PROPERTY) instanceof Request request) {
      response.getHeaders().putSingle("x-request-id", request.mark().text());
      int status = response.getStatus();
      boolean succeeded = status < 400;
      boolean isTold = request.event().outcome() == Outcome.SUCCEEDED && succeeded;
      if (!isTold) {
        audit
            .get()
            .record(
                request.ended(
                    succeeded ? Outcome.SUCCEEDED : Outcome.FAILED,
                    object(request.event().object(), response),
                    status));
      }
    }
  }

  private static String object(String path, ContainerResponseContext response) {
    return response.getStatus() == 201 && response.getEntity() instanceof Identified made
        ? (path + "/" + made.id())
        : path;
  }

  /** {@code POST /v1/admin/keys/ID/rotation} is {@code keys.rotation.create}. */
  static String action(String method, String path) {
    String verb =
        switch (method) {
          case "POST" -> "create";
          case "PUT", "PATCH" -> "set";
          case "DELETE" -> "delete";
          default -> "read";
        };
    String below = path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : path.substring(1);
    List<String> segments =
        Stream.of(below.split("/", -1)).filter(segment -> !segment.isEmpty()).toList();
    String things =
        segments.stream()
            .filter(segment -> segment.matches("[a-z][a-z-]{0,19}"))
            .filter(segment -> segments.indexOf(segment) % 2 == 0)
            .limit(2)
            .reduce((one, other) -> one + "." + other)
            .orElse("unknown");
    return things + "." + verb;
  }
}
