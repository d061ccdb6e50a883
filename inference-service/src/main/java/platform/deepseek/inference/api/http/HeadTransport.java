package platform.deepseek.inference.api.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.NetServerOptions;
import java.time.Duration;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Vert.x' way to the sockets, with a {@link HeadDeadline} on each that a server accepts. Vert.x
 * tells of a connection only when its first request is whole; here it is seen when it opens. What
 * serves for a moment and has no idle timeout, as a warm-up does, has no such deadline either.
 */
final class HeadTransport extends JDKTransport {

  @Override
  public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap server) {
    super.configure(options, domainSocket, server);
    if (options.getIdleTimeout() > 0) {
      SmallRyeConfig config = ConfigProvider.getConfig().unwrap(SmallRyeConfig.class);
      server.handler(new Accepted(config.getConfigMapping(HeadConfig.class).within()));
    }
  }

  /** Stands on the listening socket, which reads connections as others read bytes. */
  @Sharable
  private static final class Accepted extends ChannelInboundHandlerAdapter {

    private final Duration within;

    Accepted(Duration within) {
      this.within = within;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object connection) {
      ((Channel) connection).pipeline().addLast(new HeadDeadline(within));
      context.fireChannelRead(connection);
    }
  }
}
