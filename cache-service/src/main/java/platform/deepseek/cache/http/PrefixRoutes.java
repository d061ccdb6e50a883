package platform.deepseek.cache.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.prefix.PrefixCache;

/** Blocks of computed prefixes: which are known, reading many, writing many, and one by one. */
public final class PrefixRoutes {

  static final String TENANT = "x-deepseek-tenant";
  static final int LARGEST_BLOCK = 64 << 20;
  private static final int MOST_BYTES = 4 << 20;
  private static final int MOST_NAMES = 32_768;
  private static final int LONGEST_TENANT = 200;

  private record Known(int known) {}

  private final PrefixCache cache;

  public PrefixRoutes(PrefixCache cache) {
    this.cache = cache;
  }

  Handler<RoutingContext> lookup() {
    return context ->
        named(
            context,
            (tenant, names) ->
                Completion.of(
                    context,
                    cache.known(tenant, names),
                    known -> Replies.send(context.response(), 200, new Known(known))));
  }

  /** One block after the other, a few of them on their way at a time. */
  Handler<RoutingContext> read() {
    return context ->
        named(
            context,
            (tenant, names) ->
                Completion.of(
                    context,
                    cache.known(tenant, names),
                    known -> {
                      context
                          .response()
                          .setChunked(true)
                          .putHeader("content-type", "application/octet-stream")
                          .putHeader("x-deepseek-blocks", Integer.toString(known));
                      new BlockSender(context, cache, tenant, names.subList(0, known)).start();
                    }));
  }

  Handler<RoutingContext> write() {
    return context ->
        guarded(context, () -> new BlockReceiver(context, cache, tenant(context)).start());
  }

  Handler<RoutingContext> writeOne() {
    return context ->
        guarded(
            context,
            () -> {
              String tenant = tenant(context);
              CacheKey name = name(context.pathParam("name"));
              BodyReader.read(
                  context,
                  LARGEST_BLOCK,
                  body ->
                      Completion.of(
                          context,
                          cache.write(tenant, name, body.getBytes()),
                          kept -> Replies.done(context.response())));
            });
  }

  Handler<RoutingContext> readOne() {
    return context ->
        guarded(
            context,
            () -> {
              CacheKey name = name(context.pathParam("name"));
              Completion.of(
                  context, cache.read(tenant(context), name), block -> reply(context, block));
            });
  }

  private static void reply(RoutingContext context, Optional<byte[]> block) {
    if (block.isEmpty()) {
      Replies.fail(context.response(), BadRequest.notFound("such block"));
      return;
    }
    HttpServerResponse response = context.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response
        .putHeader("content-type", "application/octet-stream")
        .putHeader("content-length", Integer.toString(block.get().length));
    if (context.request().method() == HttpMethod.HEAD) {
      response.end();
    } else {
      response.end(wrap(block.get()));
    }
  }

  static Buffer wrap(byte[] bytes) {
    return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
  }

  private interface WithNames {
    void with(String tenant, List<CacheKey> names);
  }

  private static void named(RoutingContext context, WithNames work) {
    guarded(
        context,
        () -> {
          String tenant = tenant(context);
          BodyReader.read(
              context,
              MOST_BYTES,
              body -> {
                List<String> texts =
                    JsonBody.parse(body.getBytes(), Set.of("names"))
                        .texts("names", 2 * CacheKey.BYTES, MOST_NAMES);
                List<CacheKey> names = new ArrayList<>(texts.size());
                texts.forEach(text -> names.add(name(text)));
                work.with(tenant, names);
              });
        });
  }

  private static void guarded(RoutingContext context, Runnable work) {
    try {
      work.run();
    } catch (BadRequest failure) {
      Replies.fail(context.response().putHeader("connection", "close"), failure);
    }
  }

  private static String tenant(RoutingContext context) {
    String tenant = context.request().getHeader(TENANT);
    if (tenant == null || tenant.isEmpty() || tenant.length() > LONGEST_TENANT) {
      throw BadRequest.missing(TENANT);
    }
    return tenant;
  }

  private static CacheKey name(String text) {
    return CacheKey.parse(text)
        .orElseThrow(() -> BadRequest.invalid("name", "64 hexadecimal digits are expected."));
  }
}
