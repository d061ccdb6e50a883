package platform.deepseek.cache.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.cache.Await.soon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.redis.RealRedis;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.ObjectStore;
import platform.deepseek.cache.tier.RealObjects;
import platform.deepseek.cache.tier.Store;
import platform.deepseek.cache.tier.Tier;
import software.amazon.awssdk.services.s3.S3Client;

/** Whatever a tier does: never a wrong answer, never a failure, hardly a delay. */
class FaultsTest {

  /** Of ten lookups, of which each would wait five seconds for a slow store, or for ever. */
  private static final Duration TEN_LOOKUPS = Duration.ofSeconds(20);

  private static final Duration PATIENCE = Duration.ofMillis(20);
  private static RealObjects objects;
  private static S3Client s3;

  @TempDir Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void startObjects() {
    objects = new RealObjects();
    s3 = objects.client();
  }

  @AfterAll
  static void stopObjects() {
    s3.close();
    objects.close();
  }

  @AfterEach
  void close() throws Exception {
    objects.behave(RealObjects.Mood.WELL);
    Collections.reverse(open);
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  @Test
  void redisMayDieAndComeBackEmpty() {
    RealRedis redis = own(new RealRedis());
    Replica replica = own(Replica.Plan.in(folder).redis(redis.client()).rocks().start());
    for (int i = 0; i < 20; i++) {
      replica.fill("t", "before " + i);
    }
    redis.stop();
    for (int i = 0; i < 20; i++) {
      requireRightAnswerOrMiss(replica, "before " + i);
    }
    replica.fill("t", "during");
    assertThat(hit(replica, "during").entry().json()).isEqualTo(Replica.answer("during"));
    assertThat(replica.rungs.getFirst().tier().counts().errors.sum()).isPositive();
    redis.start();
    soon().until(() -> isBack(replica));
    replica.exchange();
    replica.fill("t", "after");
    Replica other = own(Replica.Plan.in(folder.resolve("other")).redis(redis.client()).start());
    assertThat(hit(other, "after").entry().json()).isEqualTo(Replica.answer("after"));
  }

  /** Redis has been asked for something and answered, for reading and for writing. */
  private static boolean isBack(Replica replica) {
    Tier redis = replica.rungs.getFirst().tier();
    CacheKey key = Replica.request("t", "nobody asked").key();
    redis.put(key, new byte[1], Duration.ofSeconds(1)).join();
    return redis.get(key, late -> {}).join().isPresent();
  }

  @Test
  void aDeadRedisDelaysNobody() {
    RealRedis redis = own(new RealRedis());
    Replica replica =
        own(Replica.Plan.in(folder).redis(redis.client()).rocks().redisPatience(PATIENCE).start());
    redis.stop();
    for (int i = 0; i < 5; i++) {
      replica.lookup(Replica.request("t", "first " + i));
    }
    assertThat(tenLookups(replica)).isLessThan(TEN_LOOKUPS);
    assertThat(replica.rungs.getFirst().tier().state()).isEqualTo(Tier.State.DOWN);
  }

  @ParameterizedTest
  @EnumSource(RealObjects.Mood.class)
  void anObjectStoreInAnyMoodGivesNoWrongAnswerAndDelaysNobody(RealObjects.Mood mood) {
    String tenant = "tenant of " + mood;
    Replica writer = own(far("writer", Duration.ofSeconds(10)));
    writer.fill(tenant, "kept");
    KeyMaterial kept = Replica.request(tenant, "kept");
    soon().until(() -> s3Has(kept.key()));
    objects.behave(mood);
    Replica reader = own(far("writer", PATIENCE));
    for (int i = 0; i < 10; i++) {
      Outcome outcome = reader.lookup(kept);
      if (outcome instanceof Outcome.Hit hit) {
        assertThat(hit.entry().json()).isEqualTo(Replica.answer("kept"));
      } else {
        giveBack(reader, outcome);
      }
    }
    assertThat(tenLookups(reader)).isLessThan(TEN_LOOKUPS);
    reader.fill(tenant, "fresh");
    assertThat(hit(reader, tenant, "fresh").entry().json()).isEqualTo(Replica.answer("fresh"));
    if (mood == RealObjects.Mood.SLOW || mood == RealObjects.Mood.FAILING) {
      Tier tier = reader.rungs.getLast().tier();
      assertThat(tier.counts().errors.sum()).isPositive();
    }
  }

  @Test
  void whatASlowStoreBringsLateIsThereForTheNextOne() {
    Replica writer = own(far("writer", Duration.ofSeconds(10)));
    writer.fill("t", "late");
    KeyMaterial late = Replica.request("t", "late");
    soon().until(() -> s3Has(late.key()));
    Replica reader = own(far("writer", Duration.ofMillis(1)));
    soon()
        .until(
            () -> {
              Outcome outcome = reader.lookup(late);
              giveBack(reader, outcome);
              return outcome instanceof Outcome.Hit;
            });
  }

  @Test
  void anEntryMovesUpFromTheObjectStoreToTheDisk() {
    Replica writer = own(far("writer", Duration.ofSeconds(10)));
    writer.fill("t", "promoted");
    KeyMaterial request = Replica.request("t", "promoted");
    soon().until(() -> s3Has(request.key()));
    writer.close();
    open.remove(writer);
    Replica reader =
        own(Replica.Plan.in(folder.resolve("writer")).rocks().objects(store()).start());
    assertThat(hit(reader, "promoted").level()).isEqualTo(Level.L3);
    assertThat(hit(reader, "promoted").level()).isEqualTo(Level.L1);
    reader.memory.remove(request.key());
    soon()
        .untilAsserted(
            () -> {
              reader.memory.remove(request.key());
              assertThat(hit(reader, "promoted").level()).isEqualTo(Level.L2);
            });
  }

  /** Keeps everything in a map that a test can put anything into. */
  private static final class OpenStore implements Store {
    private final Map<CacheKey, byte[]> values = new ConcurrentHashMap<>();

    @Override
    public CompletableFuture<Optional<byte[]>> get(CacheKey key) {
      return CompletableFuture.completedFuture(Optional.ofNullable(values.get(key)));
    }

    @Override
    public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
      values.put(key, value);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> remove(CacheKey key) {
      values.remove(key);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Boolean> has(CacheKey key) {
      return CompletableFuture.completedFuture(values.containsKey(key));
    }

    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void close() {
      // Nothing to close.
    }
  }

  @Test
  void swappedAndDamagedEntriesAreMissesAndAreDropped() {
    OpenStore store = new OpenStore();
    Replica replica = own(Replica.Plan.in(folder).disk(store).start());
    replica.fill("a", "one");
    replica.fill("a", "two");
    replica.fill("b", "one");
    CacheKey one = Replica.request("a", "one").key();
    CacheKey two = Replica.request("a", "two").key();
    CacheKey foreign = Replica.request("b", "one").key();
    byte[] ofOne = store.values.get(one);
    store.values.put(one, store.values.get(two));
    store.values.put(two, store.values.get(foreign));
    byte[] damaged = ofOne.clone();
    damaged[damaged.length / 2] ^= 4;
    store.values.put(foreign, damaged);
    for (CacheKey key : List.of(one, two, foreign)) {
      replica.memory.remove(key);
    }
    for (KeyMaterial request :
        List.of(
            Replica.request("a", "one"),
            Replica.request("a", "two"),
            Replica.request("b", "one"))) {
      assertThat(replica.lookup(request)).isInstanceOf(Outcome.Lead.class);
    }
    assertThat(store.values).isEmpty();
    assertThat(replica.rungs.getFirst().tier().counts().errors.sum()).isEqualTo(3);
  }

  /** Takes questions and never answers. */
  private static final class SilentStore implements Store {
    private final AtomicInteger asked = new AtomicInteger();

    @Override
    public CompletableFuture<Optional<byte[]>> get(CacheKey key) {
      asked.incrementAndGet();
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> remove(CacheKey key) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Boolean> has(CacheKey key) {
      return new CompletableFuture<>();
    }

    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void close() {
      // Nothing to close.
    }
  }

  @Test
  void aDeadTierAddsItsPatienceThriceAndThenNothing() {
    SilentStore silent = new SilentStore();
    Replica replica = own(Replica.Plan.in(folder).disk(silent).patience(PATIENCE).start());
    long begun = System.nanoTime();
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      long start = System.nanoTime();
      assertThat(replica.lookup(Replica.request("t", "missing " + i)))
          .isInstanceOf(Outcome.Lead.class);
      nanos.add(System.nanoTime() - start);
    }
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    assertThat(silent.asked.get()).isBetween(3, 4 + (int) seconds);
    Collections.sort(nanos);
    assertThat(nanos.get(nanos.size() / 2)).isLessThan(PATIENCE.toNanos());
    Tier tier = replica.rungs.getFirst().tier();
    assertThat(tier.state()).isEqualTo(Tier.State.DOWN);
    assertThat(tier.counts().errors.sum()).isEqualTo(silent.asked.get());
  }

  @Test
  void entriesOfThePastOutliveARestart() {
    Replica first = Replica.Plan.in(folder).rocks().start();
    first.fill("t", "kept");
    first.close();
    Replica second = own(Replica.Plan.in(folder).rocks().start());
    Outcome.Hit hit = hit(second, "kept");
    assertThat(hit.level()).isEqualTo(Level.L2);
    assertThat(hit.entry().json()).isEqualTo(Replica.answer("kept"));
  }

  private Replica far(String name, Duration patience) {
    return Replica.Plan.in(folder.resolve(name)).objects(store()).patience(patience).start();
  }

  private static ObjectStore store() {
    return new ObjectStore(
        s3, RealObjects.BUCKET, "answers", work -> Thread.ofVirtual().start(work));
  }

  private static boolean s3Has(CacheKey key) {
    return store().has(key).join();
  }

  private static Duration tenLookups(Replica replica) {
    long start = System.nanoTime();
    for (int i = 0; i < 10; i++) {
      giveBack(replica, replica.lookup(Replica.request("t", "missing " + i)));
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static void giveBack(Replica replica, Outcome outcome) {
    if (outcome instanceof Outcome.Lead lead) {
      replica.leases.release(lead.key(), lead.lease().fence()).join();
    }
  }

  private static void requireRightAnswerOrMiss(Replica replica, String text) {
    if (replica.lookup(Replica.request("t", text)) instanceof Outcome.Hit hit) {
      assertThat(hit.entry().json()).isEqualTo(Replica.answer(text));
    }
  }

  private static Outcome.Hit hit(Replica replica, String text) {
    return hit(replica, "t", text);
  }

  private static Outcome.Hit hit(Replica replica, String tenant, String text) {
    return (Outcome.Hit) replica.lookup(Replica.request(tenant, text));
  }

  private <T extends AutoCloseable> T own(T one) {
    open.add(one);
    return one;
  }
}
