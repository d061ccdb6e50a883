package platform.deepseek.auth.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.network.TrustedProxies;

/** Where a request to this service itself comes from. */
final class Origin {

  private Origin() {}

  /**
   * A proxy on this machine that is not trusted would make strangers look local, so whatever says
   * that it was passed on must come from one that is.
   *
   * @return nothing when it cannot be told
   */
  static Optional<ClientAddress> of(HttpServerRequest request, TrustedProxies proxies) {
    ClientAddress peer = Peer.of(request);
    boolean passedOn =
        request.headers().contains("x-forwarded-for") || request.headers().contains("forwarded");
    return passedOn && !proxies.trusts(peer)
        ? Optional.empty()
        : proxies.client(peer, request.headers().getAll("x-forwarded-for"));
  }
}
