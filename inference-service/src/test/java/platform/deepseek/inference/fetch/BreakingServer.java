package platform.deepseek.inference.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A web server on loopback that knows ranges and hangs up in the middle of answers. */
final class BreakingServer implements AutoCloseable {

  private final HttpServer server;
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, String> tags = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile int breaksAfter = Integer.MAX_VALUE;
  private volatile Function<HttpExchange, Optional<Integer>> refusal = exchange -> Optional.empty();

  BreakingServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String address(String path) {
    return "http://127.0.0.1:%d%s".formatted(server.getAddress().getPort(), path);
  }

  void put(String path, byte[] bytes) {
    files.put(path, bytes);
    tags.put(path, "\"" + Sha256.of(new String(bytes, StandardCharsets.ISO_8859_1)) + "\"");
  }

  void put(String path, String text) {
    put(path, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Each answer ends after so many bytes, whatever was announced. */
  void breakAfter(int bytes) {
    breaksAfter = bytes;
  }

  void refuse(Function<HttpExchange, Optional<Integer>> code) {
    refusal = code;
  }

  /** As METHOD path range, the range only where one was asked for. */
  List<String> requests() {
    return requests;
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().toString();
    var range = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range"));
    requests.add(exchange.getRequestMethod() + " " + path + range.map(it -> " " + it).orElse(""));
    var refused = refusal.apply(exchange);
    var bytes = files.get(path);
    try (exchange) {
      if (refused.isPresent() || bytes == null) {
        exchange.sendResponseHeaders(refused.orElse(404), -1);
        return;
      }
      exchange.getResponseHeaders().set("ETag", tags.get(path));
      var same =
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-Range"))
              .map(tags.get(path)::equals)
              .orElse(true);
      var from =
          range.filter(it -> same).map(it -> Integer.parseInt(it.replaceAll("\\D", ""))).orElse(0);
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      if (from > 0) {
        exchange
            .getResponseHeaders()
            .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
      }
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
      exchange.getResponseBody().write(bytes, from, Math.min(breaksAfter, bytes.length - from));
      exchange.getResponseBody().flush();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
