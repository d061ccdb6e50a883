package platform.deepseek.inference.api.cache;

import static platform.deepseek.inference.api.contract.Examples.CACHE_SERVICE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import platform.deepseek.inference.api.contract.Examples;

/** cache-service as its contract has it: it answers by the examples and remembers what it heard. */
final class PlayedCache implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<ObjectNode> lookups = new CopyOnWriteArrayList<>();
  private final List<String> led = new CopyOnWriteArrayList<>();
  private final List<String> returned = new CopyOnWriteArrayList<>();
  private volatile Function<ObjectNode, String> answers = PlayedCache::lease;
  private volatile CountDownLatch silence = new CountDownLatch(0);
  private volatile List<String> followed = CACHE_SERVICE.lines("stream-read");

  /**
   * @param address to listen at
   */
  PlayedCache(URI address) throws IOException {
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort()), 0);
    server.setExecutor(threads);
    server.createContext("/v1/lookups", this::lookUp);
    server.createContext("/v1/streams/", this::stream);
    server.createContext("/v1/leases/", this::takeBack);
    server.start();
  }

  /** Forgets what it heard and answers as at its beginning; connections to it stay open. */
  void beginAnew() {
    lookups.clear();
    led.clear();
    returned.clear();
    silence.countDown();
    answers = PlayedCache::lease;
    followed = CACHE_SERVICE.lines("stream-read");
  }

  /** Answers lookups differently from now on. */
  void answers(Function<ObjectNode, String> answers) {
    this.answers = answers;
  }

  /** What those who follow read from now on. */
  void isFollowed(List<String> lines) {
    this.followed = lines;
  }

  /**
   * Those who follow read the lines and then nothing, with the connection open, until it is closed.
   */
  void fallsSilentBehindThem() {
    silence = new CountDownLatch(1);
  }

  List<ObjectNode> lookups() {
    return List.copyOf(lookups);
  }

  /** Lines of answers that were handed in. */
  List<String> led() {
    return List.copyOf(led);
  }

  /** Keys whose leases were given back. */
  List<String> returned() {
    return List.copyOf(returned);
  }

  private void lookUp(HttpExchange exchange) throws IOException {
    ObjectNode lookup =
        Examples.parse(
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    lookups.add(lookup);
    answer(exchange, answers.apply(lookup));
  }

  private void stream(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      follow(exchange);
      return;
    }
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(exchange.getRequestBody(), StandardCharsets.UTF_8))) {
      lines.lines().forEach(led::add);
    }
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private void follow(HttpExchange exchange) throws IOException {
    String lines = String.join("\n", followed) + "\n";
    if (silence.getCount() == 0) {
      answer(exchange, lines);
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write(lines.getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
    try {
      silence.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is closed
    }
    exchange.close();
  }

  private static String lease(ObjectNode lookup) {
    return CACHE_SERVICE.read("lookup-lease").toString();
  }

  private void takeBack(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    returned.add(path.substring(path.lastIndexOf('/') + 1));
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("content-type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    silence.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
