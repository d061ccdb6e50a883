package platform.deepseek.inference.api.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** HTTP/1.1 by hand over a socket: it sees every byte, and can leave or stall when it likes. */
public final class RawConnection implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Socket socket;
  private final InputStream in;
  private final URI server;
  private final Duration patience;
  private long end;

  public RawConnection(URI server) throws IOException {
    this(server, 0, PATIENCE);
  }

  public RawConnection(URI server, int receiveBuffer) throws IOException {
    this(server, receiveBuffer, PATIENCE);
  }

  /**
   * @param receiveBuffer bytes the system keeps for a reader that does not read; 0: as usual
   * @param patience how long all that is read after something was sent may take, whatever keeps the
   *     connection alive meanwhile
   */
  public RawConnection(URI server, int receiveBuffer, Duration patience) throws IOException {
    this.server = server;
    this.patience = patience;
    this.end = System.nanoTime() + patience.toNanos();
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
    }
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), 60_000);
    in = new BufferedInputStream(socket.getInputStream(), 16_384);
  }

  /** Sends a POST with a JSON body. */
  public void post(String path, String key, String json) throws IOException {
    send("POST", path, Map.of("authorization", "Bearer " + key), bytes(json));
  }

  public void send(String method, String path, Map<String, String> headers, byte[] body)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("host", server.getHost());
    if (body != null) {
      all.put("content-type", "application/json");
      all.put("content-length", Integer.toString(body.length));
    }
    all.putAll(headers);
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    all.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    sendBytes(bytes(head.append("\r\n").toString()));
    if (body != null) {
      sendBytes(body);
    }
  }

  public void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    end = System.nanoTime() + patience.toNanos();
  }

  public HttpReply reply() throws IOException {
    Head head = head();
    List<String> chunks = new ArrayList<>();
    if ("chunked".equals(head.headers.get("transfer-encoding"))) {
      for (String chunk = chunk(); chunk != null; chunk = chunk()) {
        chunks.add(chunk);
      }
    } else {
      int length = Integer.parseInt(head.headers.getOrDefault("content-length", "0"));
      chunks.add(text(read(length)));
    }
    return new HttpReply(head.status, head.headers, chunks);
  }

  /** Status line and headers. */
  public record Head(int status, Map<String, String> headers) {}

  public Head head() throws IOException {
    String statusLine = line();
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Head(Integer.parseInt(statusLine.split(" ")[1]), headers);
  }

  /** The next chunk of a chunked body, or null at its end. */
  public String chunk() throws IOException {
    int size = Integer.parseInt(line(), 16);
    byte[] data = read(size);
    if (data.length < size) {
      throw new EOFException("a chunk of %d bytes broke off after %d".formatted(size, data.length));
    }
    line();
    return size == 0 ? null : text(data);
  }

  private byte[] read(int length) throws IOException {
    awaitNoLongerThanPatient();
    return in.readNBytes(length);
  }

  private void awaitNoLongerThanPatient() throws IOException {
    long left = (end - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("the server still keeps the connection alive");
    }
    socket.setSoTimeout(Math.toIntExact(left));
  }

  private String line() throws IOException {
    awaitNoLongerThanPatient();
    ByteArrayOutputStream line = new ByteArrayOutputStream(64);
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (b == '\n') {
        return text(line.toByteArray()).stripTrailing();
      }
      line.write(b);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
