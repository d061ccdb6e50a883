package platform.deepseek.auth.service;

import io.restassured.RestAssured;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests byte by byte, as no client library would send them. */
final class RawHttp {

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");
  private static final int PATIENCE_MILLIS = 60_000;

  private RawHttp() {}

  /**
   * All statuses that come back until the server closes the connection, which it is asked to or has
   * reason to.
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
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }
}
