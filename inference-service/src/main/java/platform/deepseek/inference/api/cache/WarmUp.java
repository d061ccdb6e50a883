package platform.deepseek.inference.api.cache;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.stream.CacheControl;

/**
 * Lookups before the first request: a fresh process takes many times its usual 1 ms for the first
 * ones, while classes are loaded and connections opened, and a request's patience is 20 ms. Nobody
 * has asked what is asked here, and it is not to be kept, so no lease is taken.
 */
final class WarmUp {

  private static final int LOOKUPS = 600;
  private static final int AT_ONCE = 8;
  private static final long MOST_NANOS = Duration.ofSeconds(2).toNanos();
  private static final String NOBODY = "-";

  private final CacheClient client;
  private final Buffer question;
  private final long begun = System.nanoTime();
  private int asked;
  private int answered;

  WarmUp(CacheClient client, ServedModel model) {
    this.client = client;
    ObjectNode request =
        new ObjectMapper().createObjectNode().put("prompt", UUID.randomUUID().toString());
    this.question =
        ContractJson.lookup(
            new ContractJson.Owner(NOBODY, NOBODY, false),
            model.id(),
            model.identity(),
            request,
            new CacheControl(false, true, OptionalLong.empty()),
            OptionalLong.empty(),
            Optional.empty());
  }

  /** How many were answered. */
  Future<Integer> run() {
    Future<?>[] lanes = new Future<?>[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
      lanes[i] = next();
    }
    return Future.join(List.of(lanes)).transform(done -> Future.succeededFuture(count()));
  }

  private Future<Void> next() {
    if (!another()) {
      return Future.succeededFuture();
    }
    return client
        .lookup(question)
        .map(CachedAnswers::read)
        .compose(
            answer -> {
              heard();
              return next();
            });
  }

  private synchronized boolean another() {
    return ++asked <= LOOKUPS && System.nanoTime() - begun < MOST_NANOS;
  }

  private synchronized void heard() {
    answered++;
  }

  private synchronized int count() {
    return answered;
  }
}
