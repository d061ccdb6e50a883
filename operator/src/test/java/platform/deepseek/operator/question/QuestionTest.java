package platform.deepseek.operator.question;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The program behind helm test, before a server of our own. */
class QuestionTest {

  private final AtomicReference<String> authorization = new AtomicReference<>();
  private final AtomicReference<String> asked = new AtomicReference<>();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;
  private int status = 200;
  private String answer = "";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          authorization.set(exchange.getRequestHeaders().getFirst("Authorization"));
          asked.set(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          var body = answer.getBytes(UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.createContext(
        "/v1/models",
        exchange -> {
          var body = "{\"data\":[{\"id\":\"chat\"}]}".getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    // Of its own: handlers that ran on the server's thread would be waited for when it stops.
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void anAnswerIsPutTogetherFromItsPieces() throws Exception {
    answer = piece("Hel") + piece("lo") + "data: [DONE]\n\n";
    assertThat(ask(Map.of())).isZero();
    assertThat(said.toString(UTF_8)).isEqualTo("Hello\n");
    assertThat(authorization).hasValue("Bearer sk-test");
    assertThat(asked.get()).contains("\"model\":\"chat\"", "Say hello.", "\"stream\":true");
  }

  @Test
  void aStreamThatBreaksOffIsNoAnswer() throws Exception {
    answer = piece("Hel");
    assertThat(ask(Map.of())).isEqualTo(1);
    assertThat(said.toString(UTF_8)).contains("the stream broke off");
  }

  @Test
  void aRefusalIsShownAsItCame() throws Exception {
    status = 401;
    answer = "{\"error\":{\"code\":\"invalid_api_key\"}}";
    assertThat(ask(Map.of())).isEqualTo(1);
    assertThat(said.toString(UTF_8)).startsWith("status 401: ").contains("invalid_api_key");
  }

  @Test
  void whatCannotBeReachedIsNamed() throws Exception {
    assertThat(ask(Map.of("ADDRESS", "http://127.0.0.1:1"))).isEqualTo(1);
    assertThat(said.toString(UTF_8)).startsWith("no answer from http://127.0.0.1:1: ");
  }

  @Test
  void aServerThatFallsSilentInTheMiddleOfItsAnswerIsGivenUp() throws Exception {
    var silence = new CountDownLatch(1);
    server.createContext(
        "/silent/v1/models",
        exchange -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          try {
            silence.await(5, TimeUnit.MINUTES);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    var address = "http://127.0.0.1:%d/silent".formatted(server.getAddress().getPort());
    try {
      assertThat(ask(Map.of("ADDRESS", address), Duration.ofSeconds(2))).isEqualTo(1);
      assertThat(said.toString(UTF_8))
          .isEqualTo("no whole answer from %s within 2 s%n".formatted(address));
    } finally {
      silence.countDown();
    }
  }

  /** A container has no locale unless somebody says one; kubectl logs takes bytes as UTF-8. */
  @ParameterizedTest
  @ValueSource(strings = {"", "POSIX", "C.UTF-8"})
  void anAnswerInChineseIsPrintedAsItCame(String locale) throws Exception {
    answer = piece("\u4f60") + piece("\u597d") + "data: [DONE]\n\n";
    var program = program("Hello", locale);
    assertThat(status(program)).isZero();
    assertThat(program.getInputStream().readAllBytes()).isEqualTo("\u4f60\u597d\n".getBytes(UTF_8));
  }

  @Test
  void aQuestionInChineseIsAskedAsItStandsInTheLocaleOfTheImages() throws Exception {
    answer = piece("Hello") + "data: [DONE]\n\n";
    var program = program("\\344\\275\\240\\345\\245\\275", "C.UTF-8");
    assertThat(status(program)).isZero();
    assertThat(asked.get()).contains("\u4f60\u597d");
  }

  /** The program as its pod runs it; bytes of the question may be octal, as printf has them. */
  private Process program(String question, String locale) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var script = "QUESTION=$(printf \"$1\"); export QUESTION; exec \"$0\" \"$2\"";
    var builder =
        new ProcessBuilder("/bin/sh", "-c", script, java, question, Question.class.getName());
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    environment.put("CLASSPATH", System.getProperty("java.class.path"));
    environment.put("ADDRESS", "http://127.0.0.1:" + server.getAddress().getPort());
    environment.put("API_KEY", "sk-test");
    environment.put("LANG", locale);
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** What it prints fits into a pipe, so it can end before anybody reads. */
  private static int status(Process program) throws InterruptedException {
    if (!program.waitFor(Duration.ofMinutes(4))) {
      program.destroyForcibly();
      throw new AssertionError("the program has not ended within four minutes");
    }
    return program.exitValue();
  }

  private int ask(Map<String, String> beside) throws InterruptedException {
    return ask(beside, Duration.ofMinutes(1));
  }

  private int ask(Map<String, String> beside, Duration patience) throws InterruptedException {
    var environment = new HashMap<String, String>();
    environment.put("ADDRESS", "http://127.0.0.1:" + server.getAddress().getPort());
    environment.put("QUESTION", "Say hello.");
    environment.put("API_KEY", "sk-test");
    environment.putAll(beside);
    return new Question(environment, new PrintStream(said, true, UTF_8), patience).ask();
  }

  private static String piece(String text) {
    return "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}\n\n".formatted(text);
  }
}
