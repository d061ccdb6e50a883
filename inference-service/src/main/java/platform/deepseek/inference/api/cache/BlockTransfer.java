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
  private final long timer;
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private volatile HttpClientRequest request;

  BlockTransfer(Vertx vertx, Duration within, BlockReader reader) {
    this.vertx = vertx;
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

  private void take(Buffer piece) {
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
