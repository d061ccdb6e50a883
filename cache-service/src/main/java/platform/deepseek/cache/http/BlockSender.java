package platform.deepseek.cache.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.prefix.PrefixCache;

/**
 * Sends blocks in their order, each as its length and its bytes. A few are read ahead; no more
 * while the client is slow. On the event loop of its connection.
 */
final class BlockSender {

  private static final int AHEAD = 4;

  private final HttpServerResponse response;
  private final Context loop;
  private final PrefixCache cache;
  private final String tenant;
  private final List<CacheKey> names;
  private final Deque<CompletableFuture<Optional<byte[]>>> reading = new ArrayDeque<>();
  private int next;
  private boolean over;

  BlockSender(RoutingContext routing, PrefixCache cache, String tenant, List<CacheKey> names) {
    this.response = routing.response();
    this.loop = routing.vertx().getOrCreateContext();
    this.cache = cache;
    this.tenant = tenant;
    this.names = names;
  }

  void start() {
    // Reading ahead is ours to bound: the connection's own limit would let one block through.
    response.setWriteQueueMaxSize(8 << 20);
    response.closeHandler(closed -> over = true);
    response.drainHandler(drained -> goOn());
    goOn();
  }

  private void goOn() {
    while (!over && !response.writeQueueFull()) {
      while (next < names.size() && reading.size() < AHEAD) {
        reading.addLast(read(names.get(next)));
        next++;
      }
      CompletableFuture<Optional<byte[]>> first = reading.peekFirst();
      if (first == null) {
        end();
        return;
      }
      if (!first.isDone()) {
        return; // its completion goes on
      }
      reading.removeFirst();
      Optional<byte[]> block = first.join();
      if (block.isEmpty()) {
        end();
        return;
      }
      var unused =
          Future.join(
              response.write(Buffer.buffer(4).appendInt(block.get().length)),
              response.write(PrefixRoutes.wrap(block.get())));
    }
  }

  private CompletableFuture<Optional<byte[]>> read(CacheKey name) {
    CompletableFuture<Optional<byte[]>> block =
        cache.read(tenant, name).exceptionally(failure -> Optional.empty());
    if (!block.isDone()) {
      var unused = block.thenAccept(found -> loop.runOnContext(run -> goOn()));
    }
    return block;
  }

  private void end() {
    over = true;
    var unused = response.end();
  }
}
