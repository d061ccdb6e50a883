package platform.deepseek.inference.api.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A proxy as it stands before most services: it passes bytes on, and closes a connection on which
 * the server is silent for too long. It listens in many short turns: while the machine stands still
 * the server cannot speak either, and that is one turn however long it lasts.
 */
public final class IdleProxy implements AutoCloseable {

  private static final int TURNS = 20;

  private final URI server;
  private final int turnMillis;
  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger closed = new AtomicInteger();

  /**
   * @param idle how long the server may be silent; 20 ms or more
   */
  public IdleProxy(URI server, Duration idle) throws IOException {
    this.server = server;
    this.turnMillis = Math.toIntExact(idle.toMillis() / TURNS);
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("idle-proxy").start(this::accept);
  }

  /** Where clients connect instead of the server. */
  public URI address() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/");
  }

  /** Connections that were closed because the server was silent. */
  public int closed() {
    return closed.get();
  }

  private void accept() {
    try {
      while (!listener.isClosed()) {
        Socket client = listener.accept();
        Socket upstream = new Socket(server.getHost(), server.getPort());
        client.setTcpNoDelay(true);
        upstream.setTcpNoDelay(true);
        upstream.setSoTimeout(turnMillis);
        open.add(client);
        open.add(upstream);
        Thread.ofVirtual().start(() -> pass(client, upstream));
        Thread.ofVirtual().start(() -> pass(upstream, client));
      }
    } catch (SocketException e) {
      if (!listener.isClosed()) {
        throw new IllegalStateException("the proxy cannot go on", e);
      }
    } catch (IOException e) {
      throw new IllegalStateException("the proxy cannot go on", e);
    }
  }

  /** Until one side closes, or the server is silent: only its socket has a timeout. */
  private void pass(Socket from, Socket to) {
    try (from;
        to) {
      copy(from, to);
    } catch (IOException e) {
      open.remove(from); // the other direction has closed both
    }
  }

  private void copy(Socket from, Socket to) throws IOException {
    byte[] bytes = new byte[8_192];
    InputStream in = from.getInputStream();
    for (int silent = 0; silent < TURNS; ) {
      try {
        int read = in.read(bytes);
        if (read < 0) {
          return;
        }
        to.getOutputStream().write(bytes, 0, read);
        silent = 0;
      } catch (SocketTimeoutException e) {
        silent++;
      }
    }
    closed.incrementAndGet(); // before the client can know
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
