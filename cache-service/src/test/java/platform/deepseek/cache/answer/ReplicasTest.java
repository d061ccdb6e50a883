package platform.deepseek.cache.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.cache.Await.soon;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.purge.Purge;
import platform.deepseek.cache.redis.RealRedis;
import platform.deepseek.cache.stream.End;
import platform.deepseek.cache.stream.LiveStream;
import platform.deepseek.cache.tier.Level;

/** Three replicas on one Redis: one computes, all answer. */
class ReplicasTest {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofSeconds(3);
  private static RealRedis redis;

  @TempDir Path folder;
  private final List<Replica> replicas = new ArrayList<>();

  @BeforeAll
  static void startRedis() {
    redis = new RealRedis();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void startReplicas() {
    redis.send("FLUSHALL");
    for (int i = 0; i < 3; i++) {
      start("replica" + i, LONG);
    }
  }

  private Replica start(String name, Duration lease) {
    Replica replica =
        Replica.Plan.in(folder.resolve(name)).redis(redis.client()).rocks().lease(lease).start();
    replicas.add(replica);
    return replica;
  }

  @AfterEach
  void stopReplicas() {
    replicas.forEach(Replica::close);
  }

  @Test
  void aThousandEqualRequestsOnThreeReplicasComputeOnce() {
    KeyMaterial request = Replica.request("t", "one");
    List<Outcome> outcomes =
        IntStream.range(0, 1_000)
            .mapToObj(i -> replicas.get(i % 3).cache.lookup(request, Replica.USUAL))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();
    List<Outcome.Lead> leads = of(outcomes, Outcome.Lead.class);
    assertThat(leads).hasSize(1);
    assertThat(of(outcomes, Outcome.Follow.class)).hasSize(999);
    Replica leader = replicas.get(outcomes.indexOf(leads.getFirst()) % 3);
    assertThat(leader.cache.store(leads.getFirst().lease(), Replica.answer("one"), 100).join())
        .isTrue();
    for (Replica replica : replicas) {
      assertThat(replica.lookup(request)).isInstanceOf(Outcome.Hit.class);
    }
  }

  @Test
  void whileAnAnswerIsStoredNobodyComputesItAgain() {
    for (int round = 0; round < 20; round++) {
      KeyMaterial request = Replica.request("t", "round " + round);
      Outcome.Lead lead = (Outcome.Lead) replicas.get(0).lookup(request);
      CompletableFuture<Boolean> stored =
          replicas.get(0).cache.store(lead.lease(), Replica.answer("x"), 100);
      List<Outcome> during = new ArrayList<>();
      do {
        during.add(replicas.get(1).lookup(request));
        during.add(replicas.get(2).lookup(request));
      } while (!stored.isDone());
      assertThat(stored.join()).isTrue();
      assertThat(of(during, Outcome.Lead.class)).isEmpty();
    }
  }

  @Test
  void followersOnOtherReplicasReadTheLiveStreamToItsEnd() {
    KeyMaterial request = Replica.request("t", "live");
    Outcome.Lead lead = (Outcome.Lead) replicas.get(0).lookup(request);
    Outcome.Follow follow = (Outcome.Follow) replicas.get(1).lookup(request);
    LiveStream copy = replicas.get(1).streams.find(follow.stream()).join().orElseThrow();
    for (int i = 0; i < 50; i++) {
      replicas.get(0).streams.append(lead.lease().stream(), chunk(i));
      if (i == 25) {
        soon().until(() -> text(copy).contains("chunk 25\n"));
      }
    }
    replicas.get(0).cache.store(lead.lease(), Replica.answer("live"), 100).join();
    soon().until(copy::hasEnded);
    assertThat(text(copy)).isEqualTo(text(0, 50));
    assertThat(end(copy))
        .isInstanceOfSatisfying(
            End.Done.class, done -> assertThat(done.entry()).isEqualTo(Replica.answer("live")));
    LiveStream late = replicas.get(2).streams.find(follow.stream()).join().orElseThrow();
    soon().until(late::hasEnded);
    assertThat(text(late)).isEqualTo(text(0, 50));
  }

  @Test
  void whenTheLeadersReplicaDiesExactlyOneTakesOverAndTheOldOneIsRefused() {
    Replica dying = start("dying", SHORT);
    KeyMaterial request = Replica.request("t", "dies");
    Outcome.Lead lead = (Outcome.Lead) dying.lookup(request);
    dying.streams.append(lead.lease().stream(), chunk(0));
    List<LiveStream> copies = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      assertThat(dying.cache.renew(lead.lease()).join()).isTrue();
      Replica replica = replicas.get(1 + i % 2);
      Outcome.Follow follow = (Outcome.Follow) replica.lookup(request);
      copies.add(replica.streams.find(follow.stream()).join().orElseThrow());
    }
    // No word from the leader from here on: its lease runs out.
    soon().until(() -> copies.stream().allMatch(LiveStream::hasEnded));
    assertThat(copies).allSatisfy(copy -> assertThat(end(copy)).isInstanceOf(End.Lost.class));
    List<Outcome> again =
        IntStream.range(0, 300)
            .mapToObj(i -> replicas.get(1 + i % 2).cache.lookup(request, Replica.USUAL))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();
    List<Outcome.Lead> successors = of(again, Outcome.Lead.class);
    assertThat(successors).hasSize(1);
    assertThat(of(again, Outcome.Follow.class)).hasSize(299);
    assertThat(dying.cache.store(lead.lease(), Replica.answer("late"), 1).join()).isFalse();
    Replica successor = replicas.get(1 + again.indexOf(successors.getFirst()) % 2);
    assertThat(
            successor.cache.store(successors.getFirst().lease(), Replica.answer("dies"), 1).join())
        .isTrue();
    assertThat(((Outcome.Hit) dying.lookup(request)).entry().json())
        .isEqualTo(Replica.answer("dies"));
  }

  @Test
  void anAnswerOfOneReplicaIsFoundByAllInRedis() {
    replicas.get(0).fill("t", "shared");
    Outcome.Hit hit = (Outcome.Hit) replicas.get(2).lookup(Replica.request("t", "shared"));
    assertThat(hit.level()).isEqualTo(Level.L1);
    assertThat(hit.entry().json()).isEqualTo(Replica.answer("shared"));
    assertThat(replicas.get(2).lookup(Replica.request("u", "shared")))
        .isInstanceOf(Outcome.Lead.class);
  }

  @Test
  void aPurgedModelIsGoneOnAllReplicasAndAnotherIsNot() {
    replicas.get(0).fill("t", "purged");
    assertThat(replicas.get(1).lookup(Replica.request("t", "purged")))
        .isInstanceOf(Outcome.Hit.class);
    replicas.get(0).administration.purge(new Purge.Model("other"));
    exchangeAll();
    assertThat(replicas.get(1).lookup(Replica.request("t", "purged")))
        .isInstanceOf(Outcome.Hit.class);
    replicas.get(0).administration.purge(new Purge.Model("weights"));
    exchangeAll();
    for (Replica replica : replicas) {
      assertThat(replica.lookup(Replica.request("t", "purged"))).isNotInstanceOf(Outcome.Hit.class);
    }
  }

  @Test
  void aPurgedTenantsEntriesCannotBeReadByAnybodyAnyMore() {
    replicas.get(0).fill("gone", "secret");
    replicas.get(0).fill("stays", "public");
    String seed = redis.send("GET", "dsk-cache:seed:gone").toString();
    replicas.get(1).administration.purge(new Purge.Tenant("gone"));
    exchangeAll();
    soon().until(() -> redis.send("GET", "dsk-cache:seed:gone") == null);
    assertThat(seed).isNotEmpty();
    for (Replica replica : replicas) {
      assertThat(replica.lookup(Replica.request("gone", "secret")))
          .isNotInstanceOf(Outcome.Hit.class);
      assertThat(replica.lookup(Replica.request("stays", "public")))
          .isInstanceOf(Outcome.Hit.class);
    }
    soon().until(() -> folder.resolve("replica0/seeds").toFile().list().length == 1);
  }

  @Test
  void aPurgeOutlivesARedisThatLostIt() {
    replicas.get(0).fill("t", "old");
    replicas.get(0).administration.purge(new Purge.Model("weights"));
    exchangeAll();
    redis.send("FLUSHALL");
    exchangeAll();
    assertThat(redis.send("HGET", "dsk-cache:purges", "m:weights")).isNotNull();
  }

  private void exchangeAll() {
    replicas.forEach(Replica::exchange);
    replicas.forEach(Replica::exchange);
  }

  private static byte[] chunk(int i) {
    return "chunk %d%n".formatted(i).getBytes(StandardCharsets.UTF_8);
  }

  private static String text(int from, int to) {
    StringBuilder text = new StringBuilder();
    IntStream.range(from, to).forEach(i -> text.append("chunk %d%n".formatted(i)));
    return text.toString();
  }

  private static String text(LiveStream stream) {
    StringBuilder text = new StringBuilder();
    stream
        .from(0)
        .chunks()
        .forEach(chunk -> text.append(new String(chunk, StandardCharsets.UTF_8)));
    return text.toString();
  }

  private static End end(LiveStream stream) {
    Optional<End> end = stream.from(0).end();
    return end.orElseThrow();
  }

  private static <T extends Outcome> List<T> of(List<Outcome> outcomes, Class<T> kind) {
    return outcomes.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
