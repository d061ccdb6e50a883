package platform.deepseek.cache.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.http.Crowd.Fate;
import platform.deepseek.cache.redis.RealRedis;

/** A thousand who ask the same at once, over HTTP, of three replicas that are three processes. */
class CrowdTest {

  private static final int CROWD = 1_000;
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final String ANSWER =
      IntStream.range(0, 200).mapToObj(i -> "word " + i).collect(Collectors.joining(", "));

  @TempDir Path folder;
  private final List<ServedReplica> replicas = new ArrayList<>();
  private RealRedis redis;

  @BeforeEach
  void startReplicas() {
    redis = new RealRedis();
    IntStream.range(0, 3)
        .parallel()
        .mapToObj(i -> new ServedReplica(redis.address(), folder.resolve("replica" + i), LEASE))
        .toList()
        .forEach(replicas::add);
  }

  @AfterEach
  void stopReplicas() {
    replicas.forEach(ServedReplica::close);
    redis.close();
  }

  @Test
  void aThousandWhoAskAtOnceComputeOnceAndOnceMoreForEachLeaderThatDies() {
    requireAnswers("lives", Fate.LIVES, 1);
    requireAnswers("leaves", Fate.LEAVES, 2);
    requireAnswers("replica dies", Fate.REPLICA_DIES, 2);
  }

  private void requireAnswers(String question, Fate fate, int computed) {
    try (Crowd crowd = new Crowd(replicas, lookup(question), ANSWER, fate, this::outlastLease)) {
      List<String> got = crowd.ask(CROWD);
      assertThat(got).as(question).hasSize(CROWD);
      assertThat(new HashSet<>(got)).as(question).containsExactly(ANSWER);
      assertThat(crowd.computed()).as(question).isEqualTo(computed);
    }
  }

  /** What the clock of Redis cannot be turned for: the lease ended long ago. */
  private void outlastLease(String key) {
    redis.send("HSET", "dsk-cache:l:" + key, "until", "1");
  }

  private static Buffer lookup(String question) {
    return Buffer.buffer(
        """
        {"tenant":"t","cacheSalt":"salt","request":{"prompt":"%s"},
         "model":{"weights":"w","tokenizer":"t","template":"p","engine":"e"}}
        """
            .formatted(question));
  }
}
