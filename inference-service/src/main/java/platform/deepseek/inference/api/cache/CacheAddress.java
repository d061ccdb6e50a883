package platform.deepseek.inference.api.cache;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.Optional;

/** Where cache-service is, and what one proves oneself with there. */
record CacheAddress(String host, int port, boolean tls, Optional<String> serviceKey) {

  private static final String SERVICE_KEY = "x-deepseek-service-key";

  static CacheAddress of(URI address, Optional<String> serviceKey) {
    boolean tls = "https".equals(address.getScheme());
    if ((!tls && !"http".equals(address.getScheme())) || address.getHost() == null) {
      throw new IllegalStateException(
          "deepseek.cache.url=%s is no address: write http://HOST:PORT or https://HOST:PORT."
              .formatted(address));
    }
    int port = address.getPort() >= 0 ? address.getPort() : tls ? 443 : 80;
    return new CacheAddress(address.getHost(), port, tls, serviceKey);
  }

  RequestOptions to(HttpMethod method, String path) {
    RequestOptions options =
        new RequestOptions().setMethod(method).setHost(host).setPort(port).setSsl(tls).setURI(path);
    serviceKey.ifPresent(key -> options.putHeader(SERVICE_KEY, key));
    return options;
  }
}
