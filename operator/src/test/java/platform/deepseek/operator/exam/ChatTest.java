package platform.deepseek.operator.exam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that leave a connection while a question is on its way. */
class ChatTest {

  private static final String BODY = "{\"choices\":[{\"message\":{\"content\":\"Paris\"}}]}";
  private static final String REPLY =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
          .formatted(BODY.length(), BODY);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private final Chat chat = new Chat();
  private ServerSocket server;
  private volatile IntPredicate leavesAt = number -> false;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }

  private void accept() {
    try {
      for (; ; ) {
        var socket = server.accept();
        threads.execute(() -> serve(socket));
      }
    } catch (SocketException e) {
      assertThat(server.isClosed()).isTrue();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      while (lines.readLine() != null) {
        var length = 0;
        for (var line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
          var header = line.toLowerCase(Locale.ROOT);
          if (header.startsWith("content-length: ")) {
            length = Integer.parseInt(header.substring("content-length: ".length()));
          }
        }
        lines.skip(length);
        if (leavesAt.test(asked.incrementAndGet())) {
          return;
        }
        socket.getOutputStream().write(REPLY.getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (SocketException e) {
      assertThat(server.isClosed()).isTrue();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Answer ask() throws InterruptedException {
    var address = URI.create("http://127.0.0.1:" + server.getLocalPort());
    return chat.ask(
        new Examinee(address, "r1"),
        "Capital of France?",
        Optional.empty(),
        64,
        Duration.ofSeconds(30));
  }

  @Test
  void aQuestionOnAConnectionThatEndsIsPutOnceMore() throws Exception {
    leavesAt = number -> number == 2;
    assertThat(ask()).isEqualTo(new Answer.Said("Paris"));
    assertThat(ask()).isEqualTo(new Answer.Said("Paris"));
    assertThat(asked).hasValue(3);
  }

  @Test
  void whoNeverAnswersIsAskedTwiceAndNoMore() throws Exception {
    leavesAt = number -> true;
    assertThat(ask()).isInstanceOf(Answer.Missing.class);
    assertThat(asked).hasValue(2);
  }
}
