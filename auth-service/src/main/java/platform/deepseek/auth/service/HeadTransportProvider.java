package platform.deepseek.auth.service;

import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.spi.VertxServiceProvider;

/** Found by Vert.x, by META-INF/services. */
public final class HeadTransportProvider implements VertxServiceProvider {

  @Override
  public void init(VertxBuilder builder) {
    builder.findTransport(new HeadTransport());
  }
}
