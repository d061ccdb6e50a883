package platform.deepseek.inference.api.stream;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;

/** A request that was read and checked, and only has to be answered. */
public interface Job {

  /**
   * Called once, on the connection's event loop.
   *
   * @return to be run there when the connection closes
   */
  Runnable start(HttpServerResponse response, Context context);
}
