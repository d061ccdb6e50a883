package platform.deepseek.cache.http;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.stream.End;
import platform.deepseek.cache.stream.LiveStream;
import platform.deepseek.cache.stream.Streams;

/** {@code GET /v1/streams/{stream}}: all chunks so far, then live, then the end. */
public final class StreamReadRoute implements Handler<RoutingContext> {

  private static final long ALIVE_MILLIS = 5_000;
  private static final Buffer ALIVE = Buffer.buffer("{\"alive\":true}\n");

  private final Streams streams;

  public StreamReadRoute(Streams streams) {
    this.streams = streams;
  }

  @Override
  public void handle(RoutingContext context) {
    Optional<StreamName> name = StreamName.parse(context.pathParam("stream"));
    if (name.isEmpty()) {
      Replies.fail(context.response(), BadRequest.notFound("such stream"));
      return;
    }
    Completion.of(
        context,
        streams.find(name.get()),
        stream -> {
          if (stream.isEmpty()) {
            Replies.fail(context.response(), BadRequest.notFound("such stream"));
          } else {
            new Follower(context, stream.get()).start();
          }
        });
  }

  /** One who follows; all but {@link #wake} on the event loop of its connection. */
  private static final class Follower {

    private final RoutingContext routing;
    private final HttpServerResponse response;
    private final LiveStream stream;
    private final Context loop;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Runnable wake = this::wake;
    private int position;
    private long alive;
    private boolean over;

    Follower(RoutingContext routing, LiveStream stream) {
      this.routing = routing;
      this.response = routing.response();
      this.stream = stream;
      this.loop = routing.vertx().getOrCreateContext();
    }

    void start() {
      response
          .setChunked(true)
          .putHeader("content-type", "application/x-ndjson")
          .putHeader("cache-control", "no-store")
          .closeHandler(closed -> stop());
      response.drainHandler(drained -> drain());
      alive =
          routing
              .vertx()
              .setPeriodic(
                  ALIVE_MILLIS,
                  timer -> {
                    if (!over && !response.writeQueueFull()) {
                      var unused = response.write(ALIVE);
                    }
                  });
      stream.follow(wake);
      if (response.closed()) { // while the stream was looked for: nobody tells it again
        stop();
      }
      drain();
    }

    /** From any thread; several at once are one. */
    private void wake() {
      if (woken.compareAndSet(false, true)) {
        loop.runOnContext(run -> drain());
      }
    }

    private void drain() {
      woken.set(false);
      if (over || response.writeQueueFull()) {
        return; // the drain handler goes on
      }
      LiveStream.Part part = stream.from(position);
      Buffer buffer = Buffer.buffer();
      part.chunks().forEach(buffer::appendBytes);
      position += part.chunks().size();
      if (part.end().isPresent()) {
        stop();
        appendEnd(buffer, part.end().get());
        var unused = response.end(buffer);
      } else if (buffer.length() > 0) {
        var unused = response.write(buffer);
      }
    }

    private void stop() {
      over = true;
      routing.vertx().cancelTimer(alive);
      stream.leave(wake);
    }

    private static void appendEnd(Buffer buffer, End end) {
      switch (end) {
        case End.Done(byte[] entry) ->
            buffer
                .appendString("{\"end\":\"done\",\"entry\":")
                .appendBytes(entry)
                .appendString("}\n");
        case End.Lost() -> buffer.appendString("{\"end\":\"lost\"}\n");
        case End.Abandoned(String reason) ->
            buffer
                .appendString("{\"end\":\"abandoned\",\"reason\":")
                .appendBytes(
                    JsonBody.MAPPER
                        .getNodeFactory()
                        .textNode(reason)
                        .toString()
                        .getBytes(StandardCharsets.UTF_8))
                .appendString("}\n");
      }
    }
  }
}
