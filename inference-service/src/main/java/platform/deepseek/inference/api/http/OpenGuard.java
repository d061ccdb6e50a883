package platform.deepseek.inference.api.http;

import io.vertx.ext.web.RoutingContext;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Caller;

/** No guard: whoever the network lets in is answered, and all of them are one caller. */
final class OpenGuard implements Guard {

  private static final Logger LOG = Logger.getLogger(OpenGuard.class);
  private static final Caller EVERYBODY = new Caller("everybody");

  OpenGuard() {
    LOG.warn(
        "DEEPSEEK_AUTH_MODE=none: whoever reaches this port is answered without a key, and reads what"
            + " others have stored. Let the network, or a gateway that asks, decide who does.");
  }

  @Override
  public void pass(RoutingContext request, boolean generates) {
    EVERYBODY.sent(request);
    request.next();
  }
}
