package platform.deepseek.inference.api.cache;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.engine.prefix.PrefixStore;

/** Blocks that are being read. What ends it, ends it for good: the connection is given up then. */
final class BlockTransfer implements PrefixStore.Transfer {

  /** Nobody wants more of it; no failure of the other side. */
  static final class Cancelled extends RuntimeException {
    private static final long serialVersionUID = 1;

    Cancelled() {
      super("cancelled");
    }
  }

  private final Vertx vertx;
  private final BlockReader reader;
  private final Duration silence;
  private final long timer;
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private volatile HttpClientRequest request;

  /** Since the last look. */
  private volatile boolean heard;

  /**
   * @param within all of it has to come
   * @param silence that its body may have; before it the request's own limit holds
   */
  BlockTransfer(Vertx vertx, Duration within, Duration silence, BlockReader reader) {
    this.vertx = vertx;
    this.silence = silence;
    this.reader = reader;
    this.timer =
        vertx.setTimer(
            Math.max(1, within.toMillis()),
            over -> fail(new TimeoutException("not within " + within)));
  }

  void start(HttpClient client, RequestOptions options, Buffer body) {
    client
        .request(options)
        .onFailure(this::fail)
        .onSuccess(
            made -> {
              request = made;
              made.exceptionHandler(this::fail); // one without logs what it is reset for
              if (end.isDone()) {
                reset();
                return;
              }
              made.send(body).onFailure(this::fail).onSuccess(this::read);
            });
  }

  private void read(HttpClientResponse response) {
    response.exceptionHandler(this::fail);
    if (response.statusCode() != 200) {
      fail(new Unintelligible("status " + response.statusCode()));
      return;
    }
    listen(0);
    response
        .endHandler(
            over -> {
              if (reader.isBetweenBlocks()) {
                finish();
              } else {
                fail(new Unintelligible("the last block is cut"));
              }
            })
        .handler(this::take);
  }

  /**
   * Two looks in a row that have heard nothing are a silence. After one look alone it could be this
   * process that stood still: what has come meanwhile is read before the next one.
   */
  private void listen(int silentLooks) {
    vertx.setTimer(
        Math.max(1, silence.toMillis() / 2),
        look -> {
          if (end.isDone()) {
            return;
          }
          int silent = heard ? 0 : silentLooks + 1;
          heard = false;
          if (silent == 2) {
            fail(new TimeoutException("nothing came for " + silence));
          } else {
            listen(silent);
          }
        });
  }

  private void take(Buffer piece) {
    heard = true;
    if (end.isDone()) {
      return;
    }
    try {
      reader.take(piece);
    } catch (Unintelligible failure) {
      fail(failure);
    }
  }

  private void finish() {
    vertx.cancelTimer(timer);
    end.complete(null);
  }

  private void fail(Throwable failure) {
    vertx.cancelTimer(timer);
    if (end.completeExceptionally(failure)) {
      reset();
    }
  }

  private void reset() {
    HttpClientRequest made = request;
    if (made != null) {
      made.reset();
    }
  }

  @Override
  public CompletableFuture<Void> end() {
    return end;
  }

  @Override
  public void cancel() {
    if (!end.isDone()) {
      fail(new Cancelled());
    }
  }
}
