package platform.deepseek.inference.api.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.function.Consumer;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/**
 * Reads a body up to a limit. What comes after the limit is dropped unread, and the answer waits
 * for the end of it: a client in the middle of sending would otherwise see a broken connection
 * instead of the reason. Dropping has a limit too, and so has the time that the body may take:
 * clients that send a byte now and then would otherwise hold connections and memory for ever.
 */
final class BodyReader {

  /** Bytes dropped at most, as a multiple of the limit. */
  private static final int DROPPED = 8;

  private final RoutingContext routing;
  private final HttpServerRequest request;
  private final BodyLimits limits;
  private final Consumer<Buffer> whole;
  private final Consumer<ApiException> refused;
  private Buffer body = Buffer.buffer();
  private long length;
  private long timer = -1;
  private boolean over;
  private boolean done;

  private BodyReader(
      RoutingContext routing,
      BodyLimits limits,
      Consumer<Buffer> whole,
      Consumer<ApiException> refused) {
    this.routing = routing;
    this.request = routing.request();
    this.limits = limits;
    this.whole = whole;
    this.refused = refused;
  }

  /** One of the consumers is called, unless the connection breaks first. */
  static void read(
      RoutingContext routing,
      BodyLimits limits,
      Consumer<Buffer> whole,
      Consumer<ApiException> refused) {
    new BodyReader(routing, limits, whole, refused).start();
  }

  private void start() {
    over = declaredLength() > limits.bytes();
    boolean asks = "100-continue".equalsIgnoreCase(request.getHeader("expect"));
    if (over && (asks || declaredLength() > DROPPED * limits.bytes())) {
      refuse(tooLarge()); // nothing was sent yet, or too much would be
      return;
    }
    if (asks) {
      request.response().writeContinue();
    }
    timer = routing.vertx().setTimer(limits.within().toMillis(), due -> giveUp());
    request.handler(this::part);
    request.endHandler(v -> end());
    // The client is gone, or sent what is no chunk: then Vert.x has closed the connection.
    request.exceptionHandler(broken -> finish());
    request.resume();
  }

  private void part(Buffer part) {
    if (done) {
      return;
    }
    length += part.length();
    if (length > limits.bytes()) {
      over = true;
      body = Buffer.buffer();
    }
    if (!over) {
      body.appendBuffer(part);
    } else if (length > DROPPED * limits.bytes()) {
      refuse(tooLarge());
    }
  }

  private void end() {
    if (over) {
      refuse(tooLarge());
    } else if (!done) {
      Buffer read = body;
      finish();
      whole.accept(read);
    }
  }

  private void giveUp() {
    if (request.version() != HttpVersion.HTTP_2) {
      routing.addEndHandler(ended -> request.connection().close()); // it may go on for ever
    }
    refuse(tooLate());
  }

  private void refuse(ApiException failure) {
    if (done) {
      return;
    }
    finish();
    if (request.version() != HttpVersion.HTTP_2) { // where one stream ends without the others
      request.response().putHeader("connection", "close");
    }
    refused.accept(failure);
  }

  private void finish() {
    done = true;
    body = null;
    if (timer >= 0) {
      routing.vertx().cancelTimer(timer);
    }
  }

  private ApiException tooLarge() {
    return new ApiException(
        ApiError.BODY_TOO_LARGE,
        String.format(
            Locale.ROOT,
            "The body has %,d bytes or more and the limit is %,d; send less.",
            Math.max(length, declaredLength()),
            limits.bytes()));
  }

  private ApiException tooLate() {
    return new ApiException(
        ApiError.REQUEST_TIMEOUT,
        String.format(
            Locale.ROOT,
            "After %.1f s %,d bytes of the body are here and its end is not; send it faster.",
            limits.within().toMillis() / 1e3,
            length));
  }

  private long declaredLength() {
    String header = request.getHeader("content-length");
    return header == null ? -1 : Long.parseLong(header); // the server checked that it is a number
  }
}
