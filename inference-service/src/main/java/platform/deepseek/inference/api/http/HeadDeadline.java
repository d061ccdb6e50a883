package platform.deepseek.inference.api.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection that does not deliver the head of a request in time. A client that sends a
 * header a minute is never silent for long enough to be taken for idle, and keeps a descriptor for
 * as long as it likes.
 *
 * <p>Stands first on the connection, before TLS and HTTP: bytes that come while no request is under
 * way begin a head, and the first route ends it. A head that begins while another request is being
 * answered, and then stops, looks like an idle connection; it lives no longer than one. HTTP/2 has
 * frames between requests, so there only the first head has a time.
 */
final class HeadDeadline extends ChannelInboundHandlerAdapter {

  private static final AttributeKey<HeadDeadline> KEY =
      AttributeKey.valueOf(HeadDeadline.class.getName());

  private final Duration within;
  // The event loop's alone.
  private ChannelHandlerContext context;
  private Future<?> deadline;
  private int requests;
  private boolean over;

  HeadDeadline(Duration within) {
    this.within = within;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
    context.channel().attr(KEY).set(this);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    begin();
    context.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    if (requests == 0 && deadline == null) {
      begin();
    }
    context.fireChannelRead(bytes);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
    context.fireChannelInactive();
  }

  /** The first handler of every router: the head of a request is here. */
  static void met(RoutingContext routing) {
    if (routing.request().connection() instanceof ConnectionBase connection) {
      HeadDeadline watched = connection.channel().attr(KEY).get();
      if (watched != null) {
        watched.met(routing.request().version());
        routing.addEndHandler(ended -> watched.requests--);
      }
    }
    routing.next();
  }

  private void met(HttpVersion version) {
    requests++;
    end();
    over = version == HttpVersion.HTTP_2;
  }

  private void begin() {
    if (!over) {
      deadline = context.executor().schedule(this::close, within.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void close() {
    var unused = context.close();
  }

  private void end() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}
