package platform.deepseek.inference.api.cache;

import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Blocks read before the first prefix is asked for, from a server of this process' own on the
 * loopback address: the first prefix after a restart, for which all of this is made, otherwise
 * meets a client that is still interpreted. Nothing is kept.
 */
final class TransferWarmUp {

  private static final int BLOCK_BYTES = 2 << 20;

  /** As many as a prompt of 2,000 tokens has. */
  private static final int BLOCKS = 32;

  private static final int MOST_TRANSFERS = 5;
  private static final long MOST_NANOS = Duration.ofSeconds(2).toNanos();

  /** Of one transfer, while a model is loaded beside it. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final HttpClient client;
  private final byte[] block = new byte[BLOCK_BYTES];
  private final Arena arena = Arena.ofShared();
  private final MemorySegment staging = arena.allocate(BLOCK_BYTES);
  private final long begun = System.nanoTime();
  private long received;
  private int transfers;

  TransferWarmUp(Vertx vertx, HttpClient client) {
    this.vertx = vertx;
    this.client = client;
  }

  /** How many bytes came; fails where there is no free port. */
  Future<Long> run() {
    HttpServer server = vertx.createHttpServer().requestHandler(this::send);
    return server
        .listen(0, "127.0.0.1")
        .compose(listening -> next(listening.actualPort()).eventually(() -> listening.close()))
        .eventually(
            () -> {
              arena.close();
              return Future.succeededFuture();
            })
        .map(over -> received);
  }

  private Future<Void> next(int port) {
    if (++transfers > MOST_TRANSFERS || System.nanoTime() - begun > MOST_NANOS) {
      return Future.succeededFuture();
    }
    BlockTransfer transfer =
        new BlockTransfer(vertx, LONGEST, LONGEST, new BlockReader(BLOCK_BYTES, this::receive));
    transfer.start(
        client, new RequestOptions().setHost("127.0.0.1").setPort(port), Buffer.buffer());
    return Future.fromCompletionStage(transfer.end()).compose(over -> next(port));
  }

  private void receive(ByteBuffer piece) {
    int bytes = piece.remaining();
    MemorySegment.copy(MemorySegment.ofBuffer(piece), 0, staging, received % BLOCK_BYTES, bytes);
    received += bytes;
  }

  private void send(HttpServerRequest request) {
    send(request.response().setChunked(true), BLOCKS);
  }

  private void send(HttpServerResponse response, int more) {
    if (more == 0) {
      response.end();
      return;
    }
    response.write(Buffer.buffer(Integer.BYTES).appendInt(BLOCK_BYTES));
    response
        .write(Buffer.buffer(Unpooled.wrappedBuffer(block)))
        .onSuccess(written -> send(response, more - 1));
  }
}
