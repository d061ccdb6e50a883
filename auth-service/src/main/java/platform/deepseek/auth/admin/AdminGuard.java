package platform.deepseek.auth.admin;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import platform.deepseek.auth.audit.AuditUnavailable;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.decision.Gate;
import platform.deepseek.auth.error.ErrorBody;
import platform.deepseek.auth.http.Peer;
import platform.deepseek.auth.http.ShownCredential;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.traffic.SourceWatch;

/** Lets administrators and auditors through to what they may do, and nobody else. */
@Singleton
final class AdminGuard {

  private final Provider<Gate> gate; // filters are made before there is a configuration
  private final Provider<TrustedProxies> proxies;
  private final Provider<SourceWatch> sources;
  private final Provider<AdminAudit> audit;

  AdminGuard(
      Provider<Gate> gate,
      Provider<TrustedProxies> proxies,
      Provider<SourceWatch> sources,
      Provider<AdminAudit> audit) {
    this.gate = gate;
    this.proxies = proxies;
    this.sources = sources;
    this.audit = audit;
  }

  @ServerRequestFilter
  Uni<Response> filter(
      ContainerRequestContext context, ResourceInfo resource, HttpServerRequest request) {
    Needs needs = resource.getResourceMethod().getAnnotation(Needs.class);
    if (needs == null) {
      return answer(403, "permission_denied", "This route answers nobody.");
    }
    Optional<String> credential = ShownCredential.in(request.headers());
    if (credential.isEmpty()) {
      return answer(
          401,
          "ambiguous_credential",
          "Send one credential: Authorization: Bearer YOUR_KEY or x-api-key: YOUR_KEY.");
    }
    Optional<ClientAddress> client = client(request);
    if (client.isEmpty()) {
      return answer(
          403,
          "ambiguous_address",
          "A proxy passed this request on that deepseek.auth.trusted-proxies does not name.");
    }
    sources.get().count(client.get());
    return Uni.createFrom()
        .completionStage(
            () -> gate.get().pass(credential.get(), client.get(), Optional.of(needs.value())))
        .onItem()
        .transformToUni(
            passage ->
                switch (passage) {
                  case Gate.Passage.Open(Identity identity) -> {
                    new Caller(identity, client.get()).keepIn(context);
                    yield written(audit.get().begin(context, request, identity, client.get()));
                  }
                  case Gate.Passage.Closed(Decision.Deny denial) ->
                      answer(
                          denial.refusal().status(),
                          denial.refusal().code(),
                          denial.message(),
                          denial.challenge().orElse("Bearer"));
                })
        .onFailure(AdminGuard::isUnavailable)
        .recoverWithUni(
            () ->
                answer(
                    503,
                    "authorization_unavailable",
                    "Keys cannot be read at the moment. Try again in a few seconds."));
  }

  /** Nothing when it is; else what cannot be told to the audit is not done. */
  private static Uni<Response> written(CompletableFuture<Void> event) {
    return Uni.createFrom()
        .completionStage(event)
        .onItem()
        .transformToUni(nothing -> Uni.createFrom().<Response>nullItem())
        .onFailure(AdminGuard::isUnwritten)
        .recoverWithUni(
            () ->
                answer(
                    503,
                    "audit_unavailable",
                    "The audit cannot be written at the moment, so nothing was done. Try again in"
                        + " a few seconds."));
  }

  private static boolean isUnwritten(Throwable failure) {
    return failure instanceof AuditUnavailable
        || failure instanceof CompletionException && failure.getCause() instanceof AuditUnavailable;
  }

  /**
   * A proxy on this machine that is not trusted would make strangers look local, so whatever says
   * that it was passed on must come from one that is.
   */
  private Optional<ClientAddress> client(HttpServerRequest request) {
    ClientAddress peer = Peer.of(request);
    boolean passedOn =
        request.headers().contains("x-forwarded-for") || request.headers().contains("forwarded");
    return passedOn && !proxies.get().trusts(peer)
        ? Optional.empty()
        : proxies.get().client(peer, request.headers().getAll("x-forwarded-for"));
  }

  private static boolean isUnavailable(Throwable failure) {
    return failure instanceof StoreUnavailable
        || failure instanceof CompletionException && failure.getCause() instanceof StoreUnavailable;
  }

  private static Uni<Response> answer(int status, String code, String message) {
    return answer(status, code, message, "Bearer");
  }

  private static Uni<Response> answer(int status, String code, String message, String challenge) {
    Response.ResponseBuilder response =
        Response.status(status)
            .type(MediaType.APPLICATION_JSON_TYPE)
            .entity(ErrorBody.of(status, code, message, null));
    if (status == 401) {
      response.header("www-authenticate", challenge);
    }
    return Uni.createFrom().item(response.build());
  }
}
