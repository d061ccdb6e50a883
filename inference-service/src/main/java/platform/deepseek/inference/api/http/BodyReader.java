package platform.deepseek.inference.api.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;
import java.util.function.Consumer;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/**
 * Reads a body up to a limit. What comes after the limit is dropped unread, and the answer waits
 * for the end of it: a client in the middle of sending would otherwise see a broken connection
 * instead of the reason. Dropping has a limit too.
 */
final class BodyReader {

  /** Bytes dropped at most, as a multiple of the limit. */
  private static final int DROPPED = 8;

  private final HttpServerRequest request;
  private final long limit;
  private final Consumer<Buffer> whole;
  private final Consumer<ApiException> tooLarge;
  private Buffer body = Buffer.buffer();
  private long length;
  private boolean over;
  private boolean answered;

  private BodyReader(
      HttpServerRequest request,
      long limit,
      Consumer<Buffer> whole,
      Consumer<ApiException> tooLarge) {
    this.request = request;
    this.limit = limit;
    this.whole = whole;
    this.tooLarge = tooLarge;
  }

  /** One of the consumers is called, unless the connection breaks first. */
  static void read(
      HttpServerRequest request,
      long limit,
      Consumer<Buffer> whole,
      Consumer<ApiException> tooLarge) {
    new BodyReader(request, limit, whole, tooLarge).start();
  }

  private void start() {
    over = declaredLength() > limit;
    boolean asks = "100-continue".equalsIgnoreCase(request.getHeader("expect"));
    if (over && (asks || declaredLength() > DROPPED * limit)) {
      refuse(); // nothing was sent yet, or too much would be
      return;
    }
    if (asks) {
      request.response().writeContinue();
    }
    request.handler(this::part);
    request.endHandler(v -> end());
    request.resume();
  }

  private void part(Buffer part) {
    length += part.length();
    if (length > limit) {
      over = true;
      body = Buffer.buffer();
    }
    if (!over) {
      body.appendBuffer(part);
    } else if (length > DROPPED * limit) {
      refuse();
    }
  }

  private void end() {
    if (over) {
      refuse();
    } else {
      whole.accept(body);
    }
  }

  private void refuse() {
    if (answered) {
      return;
    }
    answered = true;
    if (request.version() != HttpVersion.HTTP_2) { // where one stream ends without the others
      request.response().putHeader("connection", "close");
    }
    long shown = Math.max(length, declaredLength());
    tooLarge.accept(
        new ApiException(
            ApiError.BODY_TOO_LARGE,
            String.format(
                Locale.ROOT,
                "The body has %,d bytes or more and the limit is %,d; send less.",
                shown,
                limit)));
  }

  private long declaredLength() {
    String header = request.getHeader("content-length");
    return header == null ? -1 : Long.parseLong(header); // the server checked that it is a number
  }
}
