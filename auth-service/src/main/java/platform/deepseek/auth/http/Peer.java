package platform.deepseek.auth.http;

import io.vertx.core.http.HttpServerRequest;
import platform.deepseek.auth.network.ClientAddress;

/** The other end of a connection. */
public final class Peer {

  private Peer() {}

  public static ClientAddress of(HttpServerRequest request) {
    String host = request.connection().remoteAddress().hostAddress();
    int zone = host.indexOf('%');
    return ClientAddress.parse(zone < 0 ? host : host.substring(0, zone))
        .orElseThrow(() -> new IllegalStateException("the connection's address is " + host));
  }
}
