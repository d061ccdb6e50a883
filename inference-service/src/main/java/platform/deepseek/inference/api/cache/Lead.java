package platform.deepseek.inference.api.cache;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.cache.CacheMetrics.Led;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * An answer that is computed here for all: it goes to the client at once, and at short intervals,
 * many tokens in one write, to cache-service, where others follow it and where it is kept. What
 * becomes of it there is nothing to the client. On one event loop.
 */
final class Lead implements Outlet {

  private static final Logger LOG = Logger.getLogger(Lead.class);

  private final Vertx vertx;
  private final Outlet client;
  private final CacheMetrics metrics;
  private final long intervalMillis;
  private final boolean cut;
  private final long begun = System.nanoTime();
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder fresh = new StringBuilder();
  private Buffer waiting = Buffer.buffer();
  private StringBuilder reasoning;
  private boolean freshIsReasoning;
  private Ending ending;
  private Led outcome; // if it is taken
  private HttpClientRequest request;
  private long timer = -1;
  private boolean last; // nothing more is said
  private boolean over; // nobody listens

  /**
   * @param cut whether the answer may end sooner than was asked for, so that nobody shares its end
   */
  Lead(
      Vertx vertx,
      CacheClient cache,
      Lookup.Lease lease,
      Outlet client,
      boolean cut,
      AnswerCacheConfig config,
      CacheMetrics metrics) {
    this.vertx = vertx;
    this.client = client;
    this.cut = cut;
    this.metrics = metrics;
    this.intervalMillis = Math.max(1, config.streamInterval().toMillis());
    cache
        .lead(lease)
        .onSuccess(this::connected)
        .onFailure(
            failure -> {
              broken(failure);
              cache.release(lease);
            });
  }

  private void connected(HttpClientRequest opened) {
    request = opened;
    opened.exceptionHandler(this::broken); // a request without one logs what it is reset for
    if (over) {
      opened.reset();
      return;
    }
    opened
        .response()
        .onFailure(this::broken)
        .onSuccess(
            response -> {
              response.resume();
              if (response.statusCode() != 204 || outcome == null) {
                broken(new IllegalStateException("status " + response.statusCode()));
              } else if (!over) {
                over = true;
                metrics.led(outcome);
              }
            });
    send();
  }

  private void broken(Throwable cause) {
    if (!over) {
      over = true;
      stopTimer();
      metrics.led(Led.REFUSED);
      LOG.debugf("an answer is not handed in: %s", cause.getMessage());
    }
  }

  @Override
  public void open(int choice, TokenCount prompt) {
    client.open(choice, prompt);
  }

  @Override
  public void piece(int choice, Piece piece) {
    switch (piece) {
      case Piece.Text said -> {
        content.append(said.text());
        share(false, said.text());
      }
      case Piece.Reasoning thought -> {
        if (reasoning == null) {
          reasoning = new StringBuilder();
        }
        reasoning.append(thought.text());
        share(true, thought.text());
      }
      case Piece.CallStarted call -> abandon(Ending.Reason.TOOL_CALLS.code);
      case Piece.CallArguments more -> {}
      case Piece.CallEnded ended -> {}
    }
    client.piece(choice, piece);
  }

  private void share(boolean isReasoning, String text) {
    if (last || over) {
      return;
    }
    if (freshIsReasoning != isReasoning) {
      write();
      freshIsReasoning = isReasoning;
    }
    fresh.append(text);
    if (timer < 0) {
      timer = vertx.setTimer(intervalMillis, due -> flush());
    }
  }

  private void flush() {
    timer = -1;
    write();
    send();
  }

  private void write() {
    if (!fresh.isEmpty()) {
      waiting.appendBytes(ContractJson.moreLine(freshIsReasoning, fresh.toString()).toBytes());
      fresh.setLength(0);
    }
  }

  @Override
  public void end(int choice, Ending ending) {
    this.ending = ending;
    client.end(choice, ending);
  }

  @Override
  public void complete(TokenCount count) {
    switch (ending.reason()) {
      case STOP -> {
        write();
        finish(ContractJson.entryLine(answer(count)).toBytes(), Led.STORED);
      }
      case LENGTH -> {
        if (!cut && !last) {
          write();
          waiting.appendBytes(ContractJson.endedLine(ending.reason(), count).toBytes());
        }
        abandon(ending.reason().code);
      }
      case TOOL_CALLS -> abandon(ending.reason().code);
      case INSUFFICIENT_SYSTEM_RESOURCE -> lose();
    }
    client.complete(count);
  }

  private KeptAnswer answer(TokenCount count) {
    return new KeptAnswer(
        count.prompt(),
        count.cached(),
        count.completion(),
        count.reasoning(),
        (System.nanoTime() - begun) / 1_000_000,
        reasoning == null ? null : reasoning.toString(),
        content.toString(),
        ending.stopString());
  }

  private void abandon(String reason) {
    finish(ContractJson.abandonLine(reason).toBytes(), Led.ABANDONED);
  }

  private void finish(byte[] line, Led outcome) {
    if (last || over) {
      return;
    }
    last = true;
    stopTimer();
    this.outcome = outcome;
    waiting.appendBytes(line);
    send();
  }

  @Override
  public void fail(ApiException failure) {
    lose();
    client.fail(failure);
  }

  /** It ends unfinished: of those who follow one computes it. */
  void lose() {
    if (last || over) {
      return;
    }
    over = true;
    stopTimer();
    metrics.led(Led.LOST);
    if (request != null) {
      request.reset();
    }
  }

  @Override
  public void keepAlive() {
    client.keepAlive();
  }

  private void send() {
    if (request == null || over) {
      return;
    }
    Buffer bytes = waiting;
    waiting = Buffer.buffer();
    if (last) {
      request.end(bytes);
    } else if (bytes.length() > 0) {
      request.write(bytes);
    }
  }

  private void stopTimer() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
  }
}
