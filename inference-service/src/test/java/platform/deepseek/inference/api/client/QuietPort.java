package platform.deepseek.inference.api.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port that a server of the test listens at, closes and opens again. It lies below those that a
 * system gives to connections that go out: such a connection, of whatever process, could otherwise
 * take it in between.
 */
public final class QuietPort {

  private static final int FIRST = 20_000;
  private static final int END = 32_000;
  private static final int TRIES = 100;

  private QuietPort() {}

  /** One at which nobody listens on the loopback address. */
  public static int find() {
    BindException last = null;
    for (int tries = 0; tries < TRIES; tries++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (BindException taken) {
        last = taken;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    throw new UncheckedIOException(
        "%d ports from %d to %d are taken".formatted(TRIES, FIRST, END), last);
  }
}
