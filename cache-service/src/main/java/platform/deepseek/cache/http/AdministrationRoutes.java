package platform.deepseek.cache.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.regex.Pattern;
import platform.deepseek.cache.answer.Administration;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.metrics.Statistics;
import platform.deepseek.cache.purge.Purge;

/** Purges, and the statistics. */
public final class AdministrationRoutes {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,200}");

  private record Reply(String purged, long everywhereWithinMillis) {}

  private final Administration administration;
  private final Statistics statistics;
  private final Executor blocking;
  private final long withinMillis;

  /**
   * @param withinMillis after which a purge holds on all replicas
   */
  public AdministrationRoutes(
      Administration administration, Statistics statistics, Executor blocking, long withinMillis) {
    this.administration = administration;
    this.statistics = statistics;
    this.blocking = blocking;
    this.withinMillis = withinMillis;
  }

  Handler<RoutingContext> purgeKey() {
    return purge(
        "key",
        text ->
            new Purge.Key(
                CacheKey.parse(text)
                    .orElseThrow(
                        () -> BadRequest.invalid("key", "64 hexadecimal digits are expected."))));
  }

  Handler<RoutingContext> purgeModel() {
    return purge("model", text -> new Purge.Model(name("weights", text)));
  }

  Handler<RoutingContext> purgeTenant() {
    return purge("tenant", text -> new Purge.Tenant(name("tenant", text)));
  }

  Handler<RoutingContext> statistics() {
    return context -> Replies.send(context.response(), 200, statistics.now());
  }

  private Handler<RoutingContext> purge(String what, Function<String, Purge> parse) {
    return context -> {
      Purge purge;
      try {
        purge = parse.apply(context.pathParam("name"));
      } catch (BadRequest failure) {
        Replies.fail(context.response(), failure);
        return;
      }
      Completion.of(
          context,
          CompletableFuture.runAsync(() -> administration.purge(purge), blocking),
          done -> Replies.send(context.response(), 200, new Reply(what, withinMillis)));
    };
  }

  private static String name(String param, String text) {
    if (!NAME.matcher(text).matches()) {
      throw BadRequest.invalid(param, "letters, digits, '.', '_', ':' and '-' are expected.");
    }
    return text;
  }
}
