package platform.deepseek.inference.api.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port for a server that is stopped and started again where it was. The system gives clients
 * ports from 32,768 on; one of those could be anybody's meanwhile, even that of a client which
 * looks for the server and, by chance, connects to itself.
 */
public final class Port {

  private static final int LOWEST = 10_000;
  private static final int ABOVE = 32_768;

  private Port() {}

  public static int free() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, ABOVE);
      try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return server.getLocalPort();
      } catch (BindException e) {
        // It is somebody's: another one.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
