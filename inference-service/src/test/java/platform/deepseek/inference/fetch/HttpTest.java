package platform.deepseek.inference.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Bodies of short answers, and one that never ends. */
class HttpTest {

  /** Gives a byte and then nothing until it is closed, as a connection does. */
  private static final class Stuck extends InputStream {
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private boolean begun;

    @Override
    public int read() {
      if (!begun) {
        begun = true;
        return 'x';
      }
      closed.join();
      return -1;
    }

    @Override
    public void close() {
      closed.complete(null);
    }
  }

  @Test
  void aBodyThatEndsIsGivenWhole() throws IOException {
    var body = new ByteArrayInputStream("sums".getBytes(StandardCharsets.UTF_8));
    assertThat(Http.whole(body, Duration.ofSeconds(30))).asString().isEqualTo("sums");
  }

  @Test
  void aBodyThatStandsStillIsGivenUpAndClosed() {
    var body = new Stuck();
    assertThatThrownBy(() -> Http.whole(body, Duration.ofMillis(100)))
        .isInstanceOf(HttpTimeoutException.class)
        .hasMessageContaining("100 ms");
    assertThat(body.closed).isCompleted();
  }

  @Test
  void whatBreaksIsToldAsItWas() {
    var body =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("reset");
          }
        };
    assertThatThrownBy(() -> Http.whole(body, Duration.ofSeconds(30)))
        .isInstanceOf(IOException.class)
        .hasMessage("reset");
  }
}
