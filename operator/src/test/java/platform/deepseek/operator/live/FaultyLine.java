package platform.deepseek.operator.live;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;

/**
 * A line between an operator and the real API server that answers some requests itself and can be
 * cut. Only the heads of requests are read; all else passes as the bytes it is, so watches work
 * whether they are WebSockets or long answers. HTTP/1.1, in clear text on the operator's side.
 */
final class FaultyLine implements AutoCloseable {

  /** What is answered in the API server's place. */
  record Answer(int code, String header, String body) {}

  private final URI apiServer;
  private final SSLSocketFactory encryption;
  private final Function<String, Optional<Answer>> faults;
  private final ServerSocket door;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<String> answered = new CopyOnWriteArrayList<>();

  /**
   * @param faults the answer to a request, written METHOD path, or empty to let it through
   */
  FaultyLine(TestCluster cluster, Function<String, Optional<Answer>> faults) {
    this.apiServer = URI.create(cluster.config().getMasterUrl());
    this.encryption = cluster.encryption();
    this.faults = faults;
    try {
      this.door = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  String address() {
    return "http://127.0.0.1:" + door.getLocalPort() + "/";
  }

  /** Requests that were not let through. */
  List<String> answered() {
    return answered;
  }

  /** Ends every connection that there is; new ones are welcome. */
  void cut() {
    open.forEach(FaultyLine::end);
  }

  @Override
  public void close() {
    try {
      door.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        var client = door.accept();
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException e) {
        return; // The door was closed.
      }
    }
  }

  private void connect(Socket client) {
    try (client;
        var server = encryption.createSocket(apiServer.getHost(), apiServer.getPort())) {
      open.addAll(List.of(client, server));
      Thread.ofVirtual().start(() -> pass(server, client));
      requests(client, server);
    } catch (IOException e) {
      // Cut, or ended by either side: both notice by their own socket.
    } finally {
      open.remove(client);
    }
  }

  private void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // As above.
    } finally {
      open.remove(from);
    }
  }

  private void requests(Socket client, Socket server) throws IOException {
    var in = new BufferedInputStream(client.getInputStream());
    var out = server.getOutputStream();
    for (var head = head(in); !head.isEmpty(); head = head(in)) {
      var body = in.readNBytes(length(head));
      var fault = faults.apply(request(head));
      if (fault.isPresent()) {
        // No request waits for its answer on this connection, so nothing else writes to it now.
        answered.add(request(head));
        answer(client.getOutputStream(), fault.get());
        continue;
      }
      out.write(head.getBytes(StandardCharsets.ISO_8859_1));
      out.write(body);
      out.flush();
      if (head.toLowerCase(Locale.ROOT).contains("\r\nupgrade:")) {
        in.transferTo(out);
        return;
      }
    }
  }

  private static String head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    for (int last = 0, one = in.read(); one >= 0; one = in.read()) {
      head.write(one);
      last = one == '\n' || one == '\r' ? last + 1 : 0;
      if (last == 4) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return "";
  }

  private static int length(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst()
        .orElse(0);
  }

  private static String request(String head) {
    var words = head.lines().findFirst().orElseThrow().split(" ");
    return words[0] + " " + words[1].split("\\?")[0];
  }

  private static void answer(OutputStream out, Answer answer) throws IOException {
    var body = answer.body.getBytes(StandardCharsets.UTF_8);
    var head =
        "HTTP/1.1 %d Fault\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(answer.code, answer.header, body.length);
    out.write(head.getBytes(StandardCharsets.ISO_8859_1));
    out.write(body);
    out.flush();
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
