package platform.deepseek.auth.token;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;

/**
 * An issuer that does what no honest one does: it publishes whatever a test wants, over HTTP on
 * this machine. The honest one is {@code KeycloakTest}.
 */
public final class TestIssuer implements AutoCloseable {

  public final List<PublicJsonWebKey> keys = new CopyOnWriteArrayList<>();
  public final AtomicInteger fetches = new AtomicInteger();
  public final AtomicInteger introspections = new AtomicInteger();
  public volatile String keySet; // instead of the keys, when it is not null
  public volatile String metadataIssuer;
  public volatile int status = 200;

  /** Answers to introspections by token; others are not active. */
  public final Map<String, String> answers = new ConcurrentHashMap<>();

  public final List<String> introspectionHeaders = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  public TestIssuer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    metadataIssuer = url();
    server.createContext("/.well-known/openid-configuration", this::metadata);
    server.createContext("/keys", this::keys);
    server.createContext("/introspect", this::introspect);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void metadata(HttpExchange exchange) throws IOException {
    fetches.incrementAndGet();
    answer(
        exchange,
        """
        {"issuer":"%s","jwks_uri":"%s/keys","introspection_endpoint":"%s/introspect"}"""
            .formatted(metadataIssuer, url(), url()));
  }

  private void keys(HttpExchange exchange) throws IOException {
    String published =
        keys.stream()
            .map(key -> key.toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY))
            .collect(Collectors.joining(",", "{\"keys\":[", "]}"));
    answer(exchange, keySet == null ? published : keySet);
  }

  private void introspect(HttpExchange exchange) throws IOException {
    introspections.incrementAndGet();
    introspectionHeaders.add(exchange.getRequestHeaders().getFirst("authorization"));
    String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String token = form.substring(form.indexOf("&token=") + "&token=".length());
    answer(exchange, answers.getOrDefault(token, "{\"active\":false}"));
  }

  private void answer(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
