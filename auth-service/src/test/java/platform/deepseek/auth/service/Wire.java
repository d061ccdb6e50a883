package platform.deepseek.auth.service;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** A wire to a server on this machine that can be made slow, silent, or cut. */
public final class Wire implements AutoCloseable {

  private final int target;
  private final ServerSocket server;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private volatile Duration delay = Duration.ZERO;
  private volatile boolean silent;

  public Wire(int target) {
    this.target = target;
    try {
      this.server = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Answers come this much later. */
  public void delay(Duration time) {
    delay = time;
  }

  /** Connections stay, new ones are taken, and nothing passes any more. */
  public void silence() {
    silent = true;
  }

  /** What comes from now on passes; connections of the time of silence are cut. */
  public void restore() {
    silent = false;
    delay = Duration.ZERO;
    cut();
  }

  public void cut() {
    open.forEach(Wire::close);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void connect(Socket client) {
    try {
      Socket behind = new Socket(InetAddress.getLoopbackAddress(), target);
      behind.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      open.add(behind);
      Thread.ofVirtual().start(() -> copy(client, behind, false));
      copy(behind, client, true);
    } catch (IOException e) {
      close(client); // nobody is there
    }
  }

  private void copy(Socket from, Socket to, boolean answers) {
    byte[] buffer = new byte[16_384];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        if (answers && !delay.isZero()) {
          LockSupport.parkNanos(delay.toNanos());
        }
        if (!silent) {
          out.write(buffer, 0, length);
        }
      }
    } catch (IOException e) {
      // One of the ends is gone, and with this both are.
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    close(server);
    cut();
  }
}
