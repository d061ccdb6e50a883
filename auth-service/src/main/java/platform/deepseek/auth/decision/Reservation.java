package platform.deepseek.auth.decision;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.Price;

/**
 * What is held for a request that runs. Whoever settles it hands back a sealed copy, so that any
 * replica knows whom to charge and at which price, whatever became of the counters.
 *
 * @param made to the second
 */
record Reservation(String id, Instant made, Account account, String model, Price price) {

  /** All bounds that it can have passed, by name. */
  List<String> bounds() {
    return Stream.of(
            "platform:",
            "tenant:" + account.tenant(),
            account.user().isEmpty() ? "" : "user:" + account.user(),
            "key:" + account.key())
        .filter(name -> !name.isEmpty())
        .toList();
  }
}
