package platform.deepseek.auth.traffic;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Requests of a minute by source, of all replicas: sums of five seconds each, of which thirteen
 * cover every minute, wherever it begins. One script a second and replica; the ten thousand largest
 * of each sum are kept.
 */
final class SharedSources {

  static final int SLOT_SECONDS = 5;
  static final int SLOTS = 13;

  /** How long a source that was told of is not told of again. */
  static final int QUIET_SECONDS = 60;

  static final String PREFIX = "{deepseek-auth}:sources";
  private static final int MOST_KEPT = 10_000;
  private static final String SCRIPT = script();

  private final Redis redis;
  private final long limit;

  SharedSources(Redis redis, long limit) {
    this.redis = redis;
    this.limit = limit;
  }

  CompletableFuture<List<SourceAlert>> add(Map<String, Long> requests) {
    Request request =
        Request.cmd(Command.EVAL)
            .arg(SCRIPT)
            .arg(1)
            .arg(PREFIX)
            .arg(limit)
            .arg(SLOT_SECONDS)
            .arg(SLOTS)
            .arg(QUIET_SECONDS)
            .arg(MOST_KEPT);
    requests.forEach((source, count) -> request.arg(source).arg(count));
    return redis.send(request).toCompletionStage().toCompletableFuture().thenApply(this::alerts);
  }

  private List<SourceAlert> alerts(Response response) {
    List<SourceAlert> alerts = new ArrayList<>();
    for (int i = 0; i < response.size(); i += 2) {
      alerts.add(new SourceAlert(response.get(i).toString(), response.get(i + 1).toLong(), limit));
    }
    return alerts;
  }

  private static String script() {
    try (InputStream in = SharedSources.class.getResourceAsStream("/traffic/sources.lua")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
