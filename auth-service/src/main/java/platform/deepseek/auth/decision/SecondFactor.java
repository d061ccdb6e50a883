package platform.deepseek.auth.decision;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.network.ClientAddress;

/** Whether somebody has shown enough for a role that needs more than a key. */
@FunctionalInterface
public interface SecondFactor {

  /**
   * @param message what to do about it
   * @param challenge for the header WWW-Authenticate, RFC 9470 section 3
   */
  record Shortfall(String message, String challenge) {}

  /**
   * What is missing; nothing when it is enough. At once for whoever needs none.
   *
   * @return fails with StoreUnavailable when it cannot be known
   */
  CompletableFuture<Optional<Shortfall>> missing(Identity identity, ClientAddress client);
}
