package platform.deepseek.auth.service;

import io.restassured.RestAssured;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests byte by byte, as no client library would send them. */
final class RawHttp {

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");
  private static final int QUIET_MILLIS = 700;

  private RawHttp() {}

  /**
   * All statuses that come back until the server closes the connection or says no more.
   *
   * @param text of one or several requests, bytes as ISO 8859-1
   */
  static List<Integer> statuses(String text) throws IOException {
    Matcher matcher = STATUS.matcher(answer(text));
    List<Integer> statuses = new ArrayList<>();
    while (matcher.find()) {
      statuses.add(Integer.valueOf(matcher.group(1)));
    }
    return statuses;
  }

  static String answer(String text) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", RestAssured.port)) {
      socket.setSoTimeout(QUIET_MILLIS);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      try {
        read(socket.getInputStream(), answer);
      } catch (SocketTimeoutException e) {
        // The server waits for more, or keeps the connection.
      }
      return answer.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private static void read(InputStream in, ByteArrayOutputStream answer) throws IOException {
    byte[] buffer = new byte[4_096];
    for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
      answer.write(buffer, 0, length);
    }
  }
}
