package platform.deepseek.auth.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who never ends the head of a request holds no connection; who has asked may be silent. */
@QuarkusTest
@TestProfile(HeadDeadlineTest.Impatient.class)
class HeadDeadlineTest {

  private static final Duration WITHIN = Duration.ofMillis(400);
  private static final String HEALTH = "GET /health HTTP/1.1\r\nhost: h\r\n";

  /** The service on its real parts, with less patience. */
  public static final class Impatient implements QuarkusTestProfile {
    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(new TestResourceEntry(RealParts.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
      return true;
    }

    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("deepseek.head.within", WITHIN.toMillis() + "ms");
    }
  }

  @TestHTTPResource("/")
  URI server;

  @TestHTTPResource(value = "/q/health/live", management = true)
  URI probe;

  private Socket socket = new Socket();

  @AfterEach
  void disconnect() throws IOException {
    socket.close();
  }

  private void connect(URI to) throws IOException {
    socket.close();
    socket = open(to);
  }

  private static Socket open(URI to) throws IOException {
    Socket open = new Socket(to.getHost(), to.getPort());
    open.setTcpNoDelay(true);
    open.setSoTimeout(60_000);
    return open;
  }

  /** Where this machine stood still meanwhile, it was as slow as who is cut off: again, then. */
  private void begin(URI to, String text) throws IOException {
    long begun;
    do {
      begun = System.nanoTime();
      connect(to);
      send(text);
    } while (System.nanoTime() - begun > WITHIN.toNanos() / 2);
  }

  private void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
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

  /** Whoever had begun before, and had no more time than one who asks for nothing, is closed. */
  private void pass() throws IOException {
    try (Socket silent = open(server)) {
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
  }

  /** A header that grows by a letter at a time, for as long as the other side listens. */
  private void sendDropsUntilClosed(long begun) throws Exception {
    Thread drops =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    send("x-slow: ");
                    while (true) {
                      send("a");
                      LockSupport.parkNanos(WITHIN.dividedBy(12).toNanos());
                    }
                  } catch (IOException closed) {
                    // What this is about.
                  }
                });
    requireClosed();
    Duration lived = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(lived).isBetween(WITHIN.dividedBy(2), Duration.ofSeconds(30));
    assertThat(drops.join(Duration.ofSeconds(30))).isTrue();
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
    begin(server, HEALTH + "\r\n");
    assertThat(status()).isEqualTo(200);
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
    requireKept(server, HEALTH + "\r\n");
  }

  @Test
  void aProbesConnectionIsKeptToo() throws Exception {
    requireKept(probe, "GET /q/health/live HTTP/1.1\r\nhost: h\r\n\r\n");
  }

  private void requireKept(URI to, String request) throws IOException {
    begin(to, request);
    assertThat(status()).isEqualTo(200);
    for (int i = 0; i < 2; i++) {
      pass();
      send(request);
      assertThat(status()).isEqualTo(200);
    }
  }

  @Test
  void aBodyHasItsOwnTime() throws Exception {
    begin(
        server,
        "POST /v1/decisions HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n"
            + "x-deepseek-service-key: %s\r\ncontent-length: 2\r\n\r\n"
                .formatted(RealParts.SERVICE_KEY));
    pass();
    send("{}");
    assertThat(status()).isEqualTo(400);
  }
}
