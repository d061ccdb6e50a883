package platform.deepseek.operator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Answers the OpenAI API's chat completions at every loopback address of a port, so that pods of a
 * node whose pods are given such addresses answer too.
 */
public final class ModelServer implements AutoCloseable {

  /** What a model says. */
  @FunctionalInterface
  public interface Model {
    /** The status and the answer to a question that came to this address. */
    Reply reply(InetAddress asked, String question) throws InterruptedException;
  }

  public record Reply(int status, String text) {
    public static Reply of(String text) {
      return new Reply(200, text);
    }
  }

  /** A request as it came. */
  public record Asked(InetAddress address, Map<String, List<String>> headers, JsonNode body) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final Model model;

  public ModelServer(Model model) {
    this.model = model;
    try {
      server = HttpServer.create(new InetSocketAddress(0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/v1/chat/completions", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public List<Asked> asked() {
    return asked;
  }

  private void answer(HttpExchange exchange) throws IOException {
    var address = exchange.getLocalAddress().getAddress();
    var request = JSON.readTree(exchange.getRequestBody());
    asked.add(new Asked(address, Map.copyOf(exchange.getRequestHeaders()), request));
    try {
      var reply = model.reply(address, request.at("/messages/0/content").asText());
      var body = body(reply).getBytes(UTF_8);
      exchange.sendResponseHeaders(reply.status, body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private static String body(Reply reply) {
    if (reply.status != 200) {
      return reply.text;
    }
    var answer = JSON.createObjectNode();
    answer.putArray("choices").addObject().putObject("message").put("content", reply.text);
    return answer.toString();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
