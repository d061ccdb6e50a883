package platform.deepseek.cache.answer;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.redis.client.Redis;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.RedisSeeds;
import platform.deepseek.cache.crypto.SeedFolder;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.key.ModelIdentity;
import platform.deepseek.cache.key.Scope;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.LocalLeases;
import platform.deepseek.cache.lease.RedisLeases;
import platform.deepseek.cache.purge.PurgeExchange;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.redis.RedisCalls;
import platform.deepseek.cache.semantic.SimilarQuestions;
import platform.deepseek.cache.stream.LocalRelay;
import platform.deepseek.cache.stream.RedisRelay;
import platform.deepseek.cache.stream.Relay;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.Level;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.RedisStore;
import platform.deepseek.cache.tier.RocksSettings;
import platform.deepseek.cache.tier.RocksStore;
import platform.deepseek.cache.tier.Store;
import platform.deepseek.cache.tier.Tier;

/** One replica of the service without its HTTP, made by hand so that several stand side by side. */
public final class Replica implements AutoCloseable {

  public static final String MASTER = "0123456789abcdef".repeat(4);
  public static final Control USUAL =
      new Control(true, true, OptionalLong.empty(), OptionalLong.empty());

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIFE = Duration.ofHours(1);

  public final MemoryTier memory;
  public final Ladder ladder;
  public final Leases leases;
  public final Streams streams;
  public final AnswerCache cache;
  public final AnswerCounts counts = new AnswerCounts();
  public final Purges purges;
  public final Keyring keyring;
  public final Administration administration;
  public final List<Rung> rungs = new ArrayList<>();
  private final Optional<PurgeExchange> exchange;
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);

  /** What a replica is made of; parts that are not named are not there. */
  public static final class Plan {
    private final Path folder;
    private Optional<Redis> redis = Optional.empty();
    private Optional<Store> disk = Optional.empty();
    private Optional<Store> objects = Optional.empty();
    private long memory = 64 << 20;
    private CryptoProfile profile = CryptoProfile.STANDARD;
    private Duration patience = Duration.ofSeconds(10);
    private Duration redisPatience = Duration.ofSeconds(10);
    private Optional<SimilarQuestions> similar = Optional.empty();
    private Duration lease = Duration.ofSeconds(30);

    private Plan(Path folder) {
      this.folder = folder;
    }

    public static Plan in(Path folder) {
      return new Plan(folder);
    }

    public Plan redis(Redis client) {
      redis = Optional.of(client);
      return this;
    }

    public Plan rocks() {
      return disk(
          new RocksStore(
              new RocksSettings(
                  folder.resolve("answers"), 64 << 20, Duration.ofDays(7), 200 << 20, true)));
    }

    public Plan disk(Store store) {
      disk = Optional.of(store);
      return this;
    }

    public Plan objects(Store store) {
      objects = Optional.of(store);
      return this;
    }

    /** Bytes of answers in memory. */
    public Plan memory(long wanted) {
      memory = wanted;
      return this;
    }

    public Plan profile(CryptoProfile wanted) {
      profile = wanted;
      return this;
    }

    /** Where questions like others get their answers. */
    public Plan similar(SimilarQuestions questions) {
      similar = Optional.of(questions);
      return this;
    }

    /** With the disk and the object store. */
    public Plan patience(Duration wanted) {
      patience = wanted;
      return this;
    }

    public Plan redisPatience(Duration wanted) {
      redisPatience = wanted;
      return this;
    }

    public Plan lease(Duration wanted) {
      lease = wanted;
      return this;
    }

    public Replica start() {
      return new Replica(this);
    }
  }

  private Replica(Plan plan) {
    memory = new MemoryTier(plan.memory, counts::evicted);
    InstantSource clock = InstantSource.system();
    MasterKey master = MasterKey.of(MASTER);
    Optional<RedisCalls> redis =
        plan.redis.map(client -> new RedisCalls(client, plan.redisPatience));
    purges = new Purges(plan.folder.resolve("purges"), Duration.ofDays(7), clock);
    keyring =
        new Keyring(
            master,
            plan.profile,
            new SeedFolder(plan.folder.resolve("seeds")),
            redis.map(RedisSeeds::new),
            purges::tenantMillis,
            work -> Thread.ofVirtual().start(work),
            clock);
    redis.ifPresent(calls -> add("redis", Level.L1, new RedisStore(calls), plan.redisPatience));
    plan.disk.ifPresent(store -> add("rocksdb", Level.L2, store, plan.patience));
    plan.objects.ifPresent(store -> add("objects", Level.L3, store, plan.patience));
    ladder = new Ladder(memory, rungs, keyring, purges, clock);
    LocalLeases local = new LocalLeases(plan.lease, System::nanoTime);
    leases = redis.<Leases>map(calls -> new RedisLeases(calls, local, plan.lease)).orElse(local);
    Relay relay =
        redis
            .<Relay>map(calls -> new RedisRelay(calls, leases, master, timer, 16 << 20))
            .orElseGet(LocalRelay::new);
    streams = new Streams(16 << 20, leases, relay);
    cache = new AnswerCache(ladder, leases, streams, LIFE, LIFE, counts, plan.similar, clock);
    administration =
        new Administration(
            purges,
            keyring,
            memory,
            ladder,
            plan.similar,
            counts,
            work -> Thread.ofVirtual().start(work));
    purges.listen(administration::apply);
    exchange =
        redis.map(
            calls -> new PurgeExchange(calls, purges, Duration.ofDays(7), clock, keyring::putBack));
  }

  private void add(String name, Level level, Store store, Duration patience) {
    rungs.add(
        new Rung(
            new Tier(name, level, store, patience, Duration.ofSeconds(10)), WritePolicy.ALWAYS));
  }

  /** A request of a tenant; equal texts are equal requests. */
  public static KeyMaterial request(String tenant, String text) {
    return request(tenant, text, "weights");
  }

  public static KeyMaterial request(String tenant, String text, String weights) {
    return new KeyMaterial(
        tenant,
        "salt of " + tenant,
        Scope.TENANT,
        new ModelIdentity(weights, "tokenizer", "template", "engine"),
        JSON.createObjectNode().put("prompt", text).put("temperature", 0));
  }

  /** The answer to a text, which tells by itself what it answers. */
  public static byte[] answer(String text) {
    return "{\"answer\":{\"content\":\"to %s %s\"}}"
        .formatted(text, "and so on ".repeat(40))
        .getBytes(StandardCharsets.UTF_8);
  }

  public Outcome lookup(KeyMaterial request) {
    return cache.lookup(request, USUAL).join();
  }

  /** Computes and stores the answer to a request that nobody has asked yet. */
  public void fill(String tenant, String text) {
    Outcome.Lead lead = (Outcome.Lead) lookup(request(tenant, text));
    if (!cache.store(lead.lease(), answer(text), 100).join()) {
      throw new IllegalStateException("the lease was lost");
    }
  }

  public void exchange() {
    exchange.orElseThrow().round().join();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    rungs.forEach(rung -> rung.tier().close());
  }
}
