package platform.deepseek.inference.api.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import platform.deepseek.inference.api.error.ApiException;

/**
 * Writes an answer as server-sent events, each in one write and at once. The headers leave with the
 * first event, so that a request that never starts still gets its own status.
 *
 * <p>A client that does not read fills the connection's write queue first; what comes then is held
 * here up to a limit, and past it the request is given up: the engine waits for nobody.
 */
final class EventStream implements Outlet {

  private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

  private final HttpServerResponse response;
  private final Dialect dialect;
  private final long limit;
  private final Runnable tooSlow;
  private Buffer held;
  private boolean ending;

  /**
   * @param limit bytes held at most for a client that does not read
   * @param tooSlow called once when they do not suffice
   */
  EventStream(HttpServerResponse response, Dialect dialect, long limit, Runnable tooSlow) {
    this.response = response;
    this.dialect = dialect;
    this.limit = limit;
    this.tooSlow = tooSlow;
  }

  @Override
  public void open(int choice) {
    Buffer opening = dialect.opening(choice);
    if (opening != null) {
      write(opening);
    }
  }

  @Override
  public void piece(int choice, Piece piece) {
    write(dialect.delta(choice, piece));
  }

  @Override
  public void end(int choice, Ending ending) {
    write(dialect.ending(choice, ending));
  }

  @Override
  public void complete(TokenCount count) {
    Buffer usage = dialect.usage(count);
    if (usage != null) {
      write(usage);
    }
    ending = true;
    write(DONE);
  }

  @Override
  public void fail(ApiException failure) {
    if (response.headWritten()) {
      ending = true;
      write(ErrorBody.event(failure));
    } else {
      ErrorBody.send(response, failure);
    }
  }

  private void write(Buffer event) {
    if (response.closed() || response.ended()) {
      return;
    }
    if (!response.headWritten()) {
      response
          .setChunked(true)
          .putHeader("content-type", "text/event-stream; charset=utf-8")
          .putHeader("cache-control", "no-cache")
          .putHeader("x-accel-buffering", "no"); // a proxy must not collect events
    }
    if (held == null && !response.writeQueueFull()) {
      send(event);
    } else {
      hold(event);
    }
  }

  private void send(Buffer bytes) {
    if (ending) {
      response.end(bytes);
    } else {
      response.write(bytes);
    }
  }

  private void hold(Buffer event) {
    if (held == null) {
      held = Buffer.buffer();
      response.drainHandler(v -> drained());
    }
    if (held.length() + event.length() > limit) {
      held = Buffer.buffer();
      tooSlow.run();
      return;
    }
    held.appendBuffer(event);
  }

  private void drained() {
    Buffer waiting = held;
    held = null;
    if (waiting != null && !response.closed() && !response.ended()) {
      send(waiting);
    }
  }
}
