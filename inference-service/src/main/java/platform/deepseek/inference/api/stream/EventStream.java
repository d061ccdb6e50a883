package platform.deepseek.inference.api.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import platform.deepseek.inference.api.error.ApiException;

/**
 * Writes an answer as server-sent events, each in one write and at once. The headers leave with the
 * first event, so that a request that never starts still gets its own status, unless it waited so
 * long that a comment had to keep the connection open.
 *
 * <p>A client that does not read fills the connection's write queue first; what comes then is held
 * here up to a limit, and past it the request is given up: the engine waits for nobody.
 */
final class EventStream implements Outlet {

  private final HttpServerResponse response;
  private final Dialect dialect;
  private final long limit;
  private final Runnable tooSlow;
  private Buffer held;
  private boolean silent = true;
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
  public void open(int choice, TokenCount prompt) {
    write(dialect.opening(choice, prompt));
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
    ending = true;
    write(dialect.closing(count));
  }

  @Override
  public void fail(ApiException failure) {
    if (response.headWritten()) {
      ending = true;
      write(dialect.failure(failure));
    } else {
      ErrorBody.send(response, failure, dialect.errors());
    }
  }

  /** Only if nothing was written since the last time. */
  @Override
  public void keepAlive() {
    if (silent && held == null) {
      write(dialect.keepAlive());
    }
    silent = true;
  }

  private void write(Buffer event) {
    if (event == null || response.closed() || response.ended()) {
      return;
    }
    silent = false;
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
      response.reset();
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
