package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** Who never ends the head of a request holds no connection; who has asked may be silent. */
@QuarkusTest
@TestProfile(HeadDeadlineTest.Impatient.class)
class HeadDeadlineTest {

  private static final Duration WITHIN = Duration.ofMillis(300);
  private static final Duration LONGER = WITHIN.multipliedBy(2);
  private static final String HEALTH = "GET /health HTTP/1.1\r\nhost: h\r\n";

  /** The parrot, with less patience. */
  public static final class Impatient extends ParrotProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
      overrides.put("deepseek.head.within", WITHIN.toMillis() + "ms");
      return overrides;
    }
  }

  @TestHTTPResource("/")
  URI server;

  @TestHTTPResource(value = "/q/health/live", management = true)
  URI probe;

  private Socket socket;

  @AfterEach
  void disconnect() throws IOException {
    socket.close();
  }

  private void connect(URI to) throws IOException {
    socket = new Socket(to.getHost(), to.getPort());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(60_000);
  }

  private void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * A connection on which one head was met. Where this test itself was kept from sending it in
   * time, it begins again.
   */
  private void askFirst(URI to, String request) throws IOException {
    while (true) {
      long begun = System.nanoTime();
      connect(to);
      try {
        send(request);
        assertThat(status()).isEqualTo(200);
        return;
      } catch (IOException closed) {
        if (System.nanoTime() - begun < WITHIN.toNanos()) {
          throw closed;
        }
        socket.close();
      }
    }
  }

  /** The status of the next answer; its body is read too. */
  private int status() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new EOFException("closed after '" + head + "'");
      }
      head.append((char) next);
    }
    Matcher length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
    assertThat(length.find()).as(head.toString()).isTrue();
    socket.getInputStream().readNBytes(Integer.parseInt(length.group(1)));
    return Integer.parseInt(head.substring(9, 12));
  }

  private void requireClosed() {
    assertThatThrownBy(this::status)
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
  }

  private static void pass(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }

  /**
   * A header that grows by a letter at a time, for as long as the other side listens.
   *
   * @param begun when there was no head yet
   */
  private void sendDropsUntilClosed(long begun) throws Exception {
    Thread drops =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    send("x-slow: ");
                    while (true) {
                      send("a");
                      pass(WITHIN.dividedBy(12));
                    }
                  } catch (IOException closed) {
                    // What this is about.
                  }
                });
    requireClosed();
    Duration lived = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(lived).isGreaterThanOrEqualTo(WITHIN);
    assertThat(drops.join(Duration.ofMinutes(1))).isTrue();
  }

  @Test
  void aConnectionThatAsksForNothingIsClosed() throws Exception {
    connect(server);
    requireClosed();
  }

  @Test
  void aHeadThatComesByDropsIsCutOff() throws Exception {
    long begun = System.nanoTime();
    connect(server);
    send(HEALTH);
    sendDropsUntilClosed(begun);
  }

  @Test
  void soIsTheHeadOfALaterRequest() throws Exception {
    askFirst(server, HEALTH + "\r\n");
    for (int i = 0; i < 2; i++) {
      send(HEALTH + "\r\n");
      assertThat(status()).isEqualTo(200);
    }
    long begun = System.nanoTime();
    send(HEALTH);
    sendDropsUntilClosed(begun);
  }

  @Test
  void aConnectionBetweenRequestsIsKept() throws Exception {
    askFirst(server, HEALTH + "\r\n");
    for (int i = 0; i < 2; i++) {
      pass(LONGER);
      send(HEALTH + "\r\n");
      assertThat(status()).isEqualTo(200);
    }
  }

  @Test
  void aProbesConnectionIsKeptToo() throws Exception {
    String live = "GET /q/health/live HTTP/1.1\r\nhost: h\r\n\r\n";
    askFirst(probe, live);
    for (int i = 0; i < 2; i++) {
      pass(LONGER);
      send(live);
      assertThat(status()).isEqualTo(200);
    }
  }

  @Test
  void aBodyHasItsOwnTime() throws Exception {
    askFirst(server, HEALTH + "\r\n");
    send(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n"
            + "authorization: Bearer %s\r\ncontent-length: 2\r\n\r\n".formatted(ParrotProfile.KEY));
    pass(LONGER);
    send("{}");
    assertThat(status()).isEqualTo(400);
  }
}
