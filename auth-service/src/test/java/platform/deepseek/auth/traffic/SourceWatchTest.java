package platform.deepseek.auth.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.network.ClientAddress;

class SourceWatchTest {

  private Instant now = Instant.parse("2026-11-22T12:00:03Z");
  private final List<SourceAlert> alerts = new ArrayList<>();

  private SourceWatch alone(long limit) {
    return new SourceWatch(limit, Optional.empty(), List.of(alerts::add), () -> now);
  }

  private static void send(SourceWatch watch, String address, int requests) {
    ClientAddress client = ClientAddress.parse(address).orElseThrow();
    for (int i = 0; i < requests; i++) {
      watch.count(client);
    }
  }

  @Test
  void theRequestBeyondTheLimitOfAMinuteRaisesOneAlert() {
    SourceWatch watch = alone(1_000);
    send(watch, "203.0.113.9", 1_000);
    send(watch, "203.0.113.10", 900);
    watch.tick();
    assertThat(alerts).isEmpty();
    now = now.plusSeconds(50);
    send(watch, "203.0.113.9", 1);
    send(watch, "203.0.113.10", 100);
    watch.tick();
    watch.tick();
    assertThat(alerts).containsExactly(new SourceAlert("203.0.113.9", 1_001, 1_000));
  }

  @Test
  void itIsToldAgainAfterAMinuteAndNotWhenItHasEnded() {
    SourceWatch watch = alone(100);
    for (int second = 0; second < 180; second++) {
      send(watch, "203.0.113.9", 5);
      watch.tick();
      now = now.plusSeconds(1);
    }
    assertThat(alerts).hasSize(3);
    now = now.plusSeconds(70);
    send(watch, "203.0.113.9", 100);
    watch.tick();
    assertThat(alerts).hasSize(3);
  }

  @Test
  void addressesOfOneIpv6NetworkAreOneSource() {
    SourceWatch watch = alone(100);
    for (int host = 1; host <= 101; host++) {
      send(watch, "2001:db8:1:2::" + Integer.toHexString(host), 1);
    }
    send(watch, "2001:db8:1:3::1", 100);
    watch.tick();
    assertThat(alerts).containsExactly(new SourceAlert("2001:db8:1:2::/64", 101, 100));
  }

  @Test
  void nothingIsWatchedWithoutALimit() {
    SourceWatch watch = alone(0);
    send(watch, "203.0.113.9", 5_000);
    watch.tick();
    assertThat(alerts).isEmpty();
  }

  @Test
  void replicasCountTogetherAndOneOfThemTells() {
    try (RealRedis redis = new RealRedis()) {
      List<SourceWatch> replicas = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        replicas.add(
            new SourceWatch(
                1_000, Optional.of(redis.client()), List.of(alerts::add), Instant::now));
      }
      for (int round = 0; round < 3; round++) {
        for (SourceWatch replica : replicas) {
          send(replica, "198.51.100.7", 100);
          send(replica, "198.51.100.8", 80);
          replica.tick();
        }
      }
      assertThat(alerts).containsExactly(new SourceAlert("198.51.100.7", 1_100, 1_000));
      redis.stop(); // then each by itself
      replicas.forEach(replica -> send(replica, "198.51.100.8", 800));
      replicas.forEach(SourceWatch::tick);
      assertThat(alerts.subList(1, alerts.size()))
          .hasSize(4)
          .allMatch(alert -> alert.equals(new SourceAlert("198.51.100.8", 1_040, 1_000)));
    }
  }
}
