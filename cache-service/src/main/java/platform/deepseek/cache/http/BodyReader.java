package platform.deepseek.cache.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import platform.deepseek.cache.error.BadRequest;

/** Reads a body of bounded length on the event loop. */
final class BodyReader {

  private static final Logger LOG = Logger.getLogger(BodyReader.class);

  private final RoutingContext context;
  private final int most;
  private final Buffer body = Buffer.buffer(512);
  private boolean over;

  private BodyReader(RoutingContext context, int most) {
    this.context = context;
    this.most = most;
  }

  /** Hands the whole body on; what that finds wrong is told to the client. */
  static void read(RoutingContext context, int most, Consumer<Buffer> then) {
    BodyReader reader = new BodyReader(context, most);
    context
        .request()
        .handler(reader::take)
        .endHandler(end -> reader.finish(then))
        .exceptionHandler(failure -> LOG.debugf("a client left: %s", failure.getMessage()));
  }

  private void take(Buffer part) {
    if (!over && body.length() + part.length() > most) {
      over = true;
      Replies.fail(context.response().putHeader("connection", "close"), BadRequest.tooLarge(most));
    }
    if (!over) {
      body.appendBuffer(part);
    }
  }

  private void finish(Consumer<Buffer> then) {
    if (over) {
      return;
    }
    try {
      then.accept(body);
    } catch (BadRequest failure) {
      Replies.fail(context.response(), failure);
    }
  }
}
