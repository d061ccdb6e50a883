package platform.deepseek.cache.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.redis.RealRedis;
import platform.deepseek.cache.redis.RedisCalls;

class RedisLeasesTest {

  private static final Duration LIFE = Duration.ofSeconds(10);
  private static final CacheKey KEY = CacheKey.of(new byte[CacheKey.BYTES]);

  private static void send(Redis redis, String command, Object... arguments) {
    Request request = Request.cmd(Command.create(command));
    for (Object argument : arguments) {
      request.arg(argument.toString());
    }
    redis.send(request).toCompletionStage().toCompletableFuture().join();
  }

  /** Its clock cannot be turned here, so the lease is moved ahead of it. */
  @Test
  void aLeaseOfAClockThatWasAheadIsNotHeldUntilThen() {
    try (RealRedis server = new RealRedis()) {
      Redis redis = server.client();
      RedisLeases leases =
          new RedisLeases(
              new RedisCalls(redis, Duration.ofSeconds(10)),
              new LocalLeases(LIFE, System::nanoTime),
              LIFE);
      long first = ((Turn.Yours) leases.acquire(KEY).join()).fence();
      assertThat(leases.isHeld(KEY, first).join()).isTrue();
      assertThat(leases.acquire(KEY).join()).isEqualTo(new Turn.Theirs(first));

      String name = "dsk-cache:l:" + KEY;
      long until = Instant.now().plus(Duration.ofHours(1)).toEpochMilli();
      send(redis, "HSET", name, "until", until);
      assertThat(leases.isHeld(KEY, first).join()).isFalse();
      Turn next = leases.acquire(KEY).join();
      assertThat(next).isInstanceOf(Turn.Yours.class);
      assertThat(((Turn.Yours) next).fence()).isGreaterThan(first);
      assertThat(leases.renew(KEY, first).join()).as("who held it is late").isFalse();
    }
  }
}
