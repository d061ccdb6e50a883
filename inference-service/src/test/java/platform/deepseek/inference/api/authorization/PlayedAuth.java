package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.api.contract.Examples.AUTH_SERVICE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import platform.deepseek.inference.api.contract.Examples;

/** auth-service as its contract has it: it answers by the examples and remembers what it heard. */
final class PlayedAuth implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<ObjectNode> questions = new CopyOnWriteArrayList<>();
  private final Map<String, ObjectNode> settlements = new ConcurrentHashMap<>();
  private final Map<String, ObjectNode> prompts = new ConcurrentHashMap<>();
  private final AtomicInteger reservations = new AtomicInteger();
  private final List<String> renewals = new CopyOnWriteArrayList<>();
  private volatile boolean takesPrompts = true;
  private volatile UnaryOperator<ObjectNode> decisions = this::allow;

  /**
   * @param address to listen at
   */
  PlayedAuth(URI address) throws IOException {
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort()), 0);
    server.setExecutor(threads);
    server.createContext("/v1/decisions", this::decide);
    server.createContext("/v1/balances", this::balance);
    server.createContext("/v1/prompts/", this::hold);
    server.createContext("/v1/settlements/", this::settle);
    server.createContext("/v1/renewals/", this::renew);
    server.start();
  }

  /** Decides differently from now on; an error is told with status 400: it is no decision. */
  void decides(UnaryOperator<ObjectNode> decisions) {
    this.decisions = decisions;
  }

  /** Lets in, with as many tokens as are asked for. */
  ObjectNode allow(ObjectNode question) {
    if (question.path("identify").asBoolean()) {
      return AUTH_SERVICE.read("decision-identify-allow");
    }
    if (!question.has("model")) {
      return AUTH_SERVICE.read("decision-look-allow");
    }
    ObjectNode answer = AUTH_SERVICE.read("decision-allow");
    answer.put("reservation", "r" + reservations.incrementAndGet());
    answer.set("maxTokens", question.get("maxTokens"));
    return answer;
  }

  List<ObjectNode> questions() {
    return questions;
  }

  /** Has nowhere to keep prompts from now on. */
  void takesNoPrompts() {
    takesPrompts = false;
  }

  Map<String, ObjectNode> prompts() {
    return prompts;
  }

  Map<String, ObjectNode> settlements() {
    return settlements;
  }

  /** The reservations that were renewed, each as often as it was. */
  List<String> renewals() {
    return List.copyOf(renewals);
  }

  private void decide(HttpExchange exchange) throws IOException {
    ObjectNode question = body(exchange);
    questions.add(question);
    ObjectNode decision = decisions.apply(question);
    answer(exchange, decision.has("error") ? 400 : 200, decision.toString());
  }

  private void balance(HttpExchange exchange) throws IOException {
    assertThat(body(exchange).path("path").textValue()).isEqualTo("/user/balance");
    answer(exchange, 200, AUTH_SERVICE.read("balance-allow").toString());
  }

  /** Remembers a prompt, unless it is told not to take any. */
  private void hold(HttpExchange exchange) throws IOException {
    ObjectNode prompt = body(exchange);
    if (takesPrompts) {
      prompts.put(last(exchange), prompt);
      answer(exchange, 200, AUTH_SERVICE.read("prompt-reply").toString());
    } else {
      answer(exchange, 503, AUTH_SERVICE.read("error").toString());
    }
  }

  private void settle(HttpExchange exchange) throws IOException {
    settlements.put(last(exchange), body(exchange));
    answer(exchange, 200, AUTH_SERVICE.read("settlement-reply").toString());
  }

  private void renew(HttpExchange exchange) throws IOException {
    renewals.add(last(exchange));
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private static String last(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static ObjectNode body(HttpExchange exchange) throws IOException {
    return Examples.parse(
        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
