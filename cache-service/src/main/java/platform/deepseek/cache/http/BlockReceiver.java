package platform.deepseek.cache.http;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.parsetools.RecordParser;
import io.vertx.ext.web.RoutingContext;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.prefix.PrefixCache;

/**
 * Takes blocks as they come, each as name, length and bytes. A few are being written at a time; the
 * connection waits meanwhile. On the event loop of its connection.
 */
final class BlockReceiver {

  private static final int HEAD = CacheKey.BYTES + 4;
  private static final int AT_ONCE = 8;

  private record Reply(int stored, int refused) {}

  private final RoutingContext routing;
  private final Context loop;
  private final PrefixCache cache;
  private final String tenant;
  private final RecordParser parser;
  private CacheKey name;
  private int writing;
  private int stored;
  private int refused;
  private boolean ended;
  private boolean over;

  BlockReceiver(RoutingContext routing, PrefixCache cache, String tenant) {
    this.routing = routing;
    this.loop = routing.vertx().getOrCreateContext();
    this.cache = cache;
    this.tenant = tenant;
    this.parser = RecordParser.newFixed(HEAD, routing.request());
  }

  void start() {
    routing.response().closeHandler(closed -> over = true);
    parser
        .exceptionHandler(failure -> over = true)
        .endHandler(
            end -> {
              ended = true;
              finish();
            })
        .handler(this::take);
  }

  private void take(Buffer part) {
    if (over) {
      return;
    }
    if (name == null) {
      int length = part.getInt(CacheKey.BYTES);
      if (length <= 0 || length > PrefixRoutes.LARGEST_BLOCK) {
        over = true;
        Replies.fail(
            routing.response().putHeader("connection", "close"),
            BadRequest.invalid(
                "length", "%d is not from 1 to %d.".formatted(length, PrefixRoutes.LARGEST_BLOCK)));
        return;
      }
      name = CacheKey.of(part.getBytes(0, CacheKey.BYTES));
      parser.fixedSizeMode(length);
    } else {
      CacheKey taken = name;
      name = null;
      parser.fixedSizeMode(HEAD);
      write(taken, part.getBytes());
    }
  }

  private void write(CacheKey taken, byte[] block) {
    writing++;
    if (writing == AT_ONCE) {
      parser.pause();
    }
    var unused =
        cache
            .write(tenant, taken, block)
            .exceptionally(failure -> false)
            .thenAccept(kept -> loop.runOnContext(run -> written(kept)));
  }

  private void written(boolean kept) {
    if (kept) {
      stored++;
    } else {
      refused++;
    }
    writing--;
    if (writing == AT_ONCE - 1) {
      parser.resume();
    }
    finish();
  }

  private void finish() {
    if (ended && writing == 0 && !over) {
      over = true;
      Replies.send(routing.response(), 200, new Reply(stored, refused));
    }
  }
}
