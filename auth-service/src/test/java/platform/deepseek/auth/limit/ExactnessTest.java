package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Response;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Price;

/** Eight replicas with two hundred clients each against one Redis: N pass, never N + 1. */
class ExactnessTest {

  private static final int REPLICAS = 8;
  private static final int CLIENTS = 200;
  private static final int SCHEDULES = 50;

  /** The kinds of limits that settlements give back what was taken of. */
  private static final List<Measure> RESERVED =
      List.of(
          Measure.CONCURRENT_REQUESTS,
          Measure.TOKENS_PER_MINUTE,
          Measure.TOKENS_PER_DAY,
          Measure.TOKENS_PER_MONTH,
          Measure.MONEY_PER_DAY,
          Measure.MONEY_PER_MONTH);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Price ONE_EACH = new Price(1_000_000, 0, 0); // a token costs a millionth

  private static RealRedis redis;
  private static ExecutorService threads;
  private static List<Redis> connections;

  @BeforeAll
  static void start() {
    redis = new RealRedis();
    threads = Executors.newFixedThreadPool(REPLICAS);
    connections = Collections.nCopies(REPLICAS, 0).stream().map(i -> redis.client()).toList();
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    redis.close();
  }

  private static List<Counters> replicas(String prefix, Duration lease) {
    List<Counters> replicas = new ArrayList<>();
    connections.forEach(own -> replicas.add(new RedisCounters(() -> own, prefix, lease, PATIENCE)));
    return replicas;
  }

  private record Attempt(String reservation, long size, boolean passed) {}

  private static List<Attempt> storm(
      List<Counters> replicas, Bound bound, Random random, int largest) throws Exception {
    return storm(replicas, bound, random, largest, CLIENTS);
  }

  /** All clients of all replicas ask once, each replica's in an order of its own. */
  private static List<Attempt> storm(
      List<Counters> replicas, Bound bound, Random random, int largest, int clients)
      throws Exception {
    List<Callable<List<Attempt>>> work = new ArrayList<>();
    for (Counters replica : replicas) {
      long seed = random.nextLong();
      work.add(() -> ask(replica, bound, new Random(seed), largest, clients));
    }
    List<Attempt> attempts = new ArrayList<>();
    for (Future<List<Attempt>> done : threads.invokeAll(work)) {
      attempts.addAll(done.get());
    }
    return attempts;
  }

  private static List<Attempt> ask(
      Counters replica, Bound bound, Random random, int largest, int clients) {
    List<CompletableFuture<Attempt>> running = new ArrayList<>();
    for (int client = 0; client < clients; client++) {
      String id = UUID.randomUUID().toString();
      int size = 1 + random.nextInt(largest);
      Demand demand = new Demand(id, List.of(bound), size, 0, ONE_EACH, true);
      running.add(
          replica
              .reserve(demand)
              .thenApply(answer -> new Attempt(id, size, answer instanceof Ruling.Granted)));
      if (random.nextInt(8) == 0) {
        Thread.yield();
      }
    }
    return running.stream().map(CompletableFuture::join).toList();
  }

  /** What is taken to find out which budgets there are goes back. */
  private static void seed(Counters counters, Bound bound) {
    Demand probe = new Demand("probe", List.of(bound), 0, 0, Price.FREE, true);
    if (counters.reserve(probe).join() instanceof Answer.Unseeded unseeded) {
      unseeded.budgets().forEach(budget -> counters.seed(budget, Charge.NOTHING).join());
    } else {
      counters.settle(Ended.now("probe", Charge.NOTHING)).join();
    }
  }

  @Test
  void ofAnyScheduleExactlyTheLimitPasses() throws Exception {
    Random random = new Random(20_261_122);
    for (int schedule = 0; schedule < SCHEDULES; schedule++) {
      Measure measure = RESERVED.get(schedule % RESERVED.size());
      long limit = 1L + random.nextInt(REPLICAS * CLIENTS - 1);
      Bound bound = new Bound(Level.KEY, "k", Limits.of(measure, limit));
      List<Counters> replicas = replicas("{exact" + schedule + "}", Duration.ofMinutes(5));
      seed(replicas.getFirst(), bound);
      List<Attempt> attempts = storm(replicas, bound, random, 1);
      List<Attempt> passed = new ArrayList<>(attempts.stream().filter(Attempt::passed).toList());
      assertThat(passed).as("%s of %d", measure, limit).hasSize((int) limit);

      Collections.shuffle(passed, random);
      int freed = random.nextInt((int) limit + 1);
      for (Attempt attempt : passed.subList(0, freed)) {
        replicas
            .get(random.nextInt(REPLICAS))
            .settle(Ended.now(attempt.reservation(), Charge.NOTHING))
            .join();
      }
      assertThat(storm(replicas, bound, random, 1).stream().filter(Attempt::passed))
          .as("%s of %d after %d were given back", measure, limit, freed)
          .hasSize(freed);
    }
  }

  /**
   * Of requests of a second it depends on how long the storm took, by Redis's own clock. Where none
   * was over within one, fewer ask: exactly the limit has to have passed at least once.
   */
  @Test
  void ofAnyScheduleExactlyTheLimitOfASecondPasses() throws Exception {
    Random random = new Random(7);
    boolean exact = false;
    int clients = CLIENTS;
    for (int schedule = 0; schedule < SCHEDULES / 5 || !exact; schedule++) {
      long limit = 1L + random.nextInt(REPLICAS * clients - 1);
      Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.REQUESTS_PER_SECOND, limit));
      List<Counters> replicas = replicas("{second" + schedule + "}", Duration.ofMinutes(5));
      long before = redisMicros();
      List<Attempt> attempts = storm(replicas, bound, random, 1, clients);
      long seconds = 1 + (redisMicros() - before) / 1_000_000;
      exact |= seconds == 1;
      assertThat(attempts.stream().filter(Attempt::passed).count())
          .as("%d a second in %d seconds", limit, seconds)
          .isBetween(limit, limit * seconds);
      if (schedule >= SCHEDULES / 5) {
        clients = Math.max(1, clients / 2);
      }
    }
  }

  private static long redisMicros() {
    Response time = redis.send("TIME");
    return time.get(0).toLong() * 1_000_000 + time.get(1).toLong();
  }

  @Test
  void ofRequestsOfAllSizesNoneIsRefusedThatWouldFit() throws Exception {
    Random random = new Random(3);
    for (int schedule = 0; schedule < 10; schedule++) {
      long limit = 10_000L + random.nextInt(50_000);
      Bound bound = new Bound(Level.TENANT, "t", Limits.of(Measure.TOKENS_PER_DAY, limit));
      List<Counters> replicas = replicas("{sizes" + schedule + "}", Duration.ofMinutes(5));
      seed(replicas.getFirst(), bound);
      List<Attempt> attempts = storm(replicas, bound, random, 100);
      long taken = attempts.stream().filter(Attempt::passed).mapToLong(Attempt::size).sum();
      assertThat(taken).isLessThanOrEqualTo(limit);
      assertThat(attempts.stream().filter(attempt -> !attempt.passed()))
          .allMatch(attempt -> taken + attempt.size() > limit);
    }
  }

  @Test
  void inNoSecondDoMoreRequestsPassThanTheLimit() throws Exception {
    int limit = 100;
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.REQUESTS_PER_SECOND, limit));
    List<Counters> replicas = replicas("{rate}", Duration.ofMinutes(5));
    List<Callable<Void>> work = new ArrayList<>();
    AtomicInteger passed = new AtomicInteger();
    long before = redisMicros();
    for (Counters replica : replicas) {
      work.add(
          () -> {
            while (passed.get() < 3 * limit) {
              Demand demand = Demand.counted("-", List.of(bound));
              if (replica.reserve(demand).join() instanceof Ruling.Granted) {
                passed.incrementAndGet();
              }
            }
            return null;
          });
    }
    for (Future<Void> done : threads.invokeAll(work)) {
      done.get();
    }
    long seconds = 1 + (redisMicros() - before) / 1_000_000;
    assertThat(passed.get()).isBetween(3 * limit, (int) seconds * limit);
    assertThat(redis.send("LLEN", "{rate}:requests:key:k").toInteger()).isLessThanOrEqualTo(limit);
  }

  @Test
  void aKilledReplicaLeavesNothingReserved() throws Exception {
    Bound bound =
        new Bound(
            Level.KEY,
            "k",
            Limits.of(Measure.CONCURRENT_REQUESTS, 50).with(Measure.TOKENS_PER_DAY, 50));
    Counters survivor = replicas("{killed}", Duration.ofSeconds(2)).getFirst();
    seed(survivor, bound);
    Process replica =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                DoomedReplica.class.getName(),
                redis.address(),
                "{killed}")
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output = replica.inputReader()) {
      String line = output.readLine();
      while (line != null && !line.equals("reserved 50")) {
        line = output.readLine();
      }
      assertThat(line).isEqualTo("reserved 50");
    } finally {
      replica.destroyForcibly().waitFor();
    }
    Demand one = new Demand("one", List.of(bound), 1, 0, Price.FREE, true);
    assertThat(survivor.reserve(one).join()).isInstanceOf(Ruling.Refused.class);
    soon()
        .until(
            () -> {
              survivor.sweep().join();
              return redis.send("GET", "{killed}:live:key:k").toInteger() == 0;
            });
    assertThat(redis.send("ZCARD", "{killed}:deadlines").toInteger()).isZero();
    assertThat(survivor.reserve(one).join()).isInstanceOf(Ruling.Granted.class);
  }

  /** What the tombstone of a settled reservation does not say any more, its age says. */
  @Test
  void aSettlementIsNotChargedAgainHoweverLateItIsRepeated() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.TOKENS_PER_DAY, 1_000));
    Counters counters = replicas("{late}", Duration.ofMinutes(5)).getFirst();
    seed(counters, bound);
    Demand demand = new Demand("r", List.of(bound), 100, 0, Price.FREE, true);
    assertThat(counters.reserve(demand).join()).isInstanceOf(Ruling.Granted.class);
    assertThat(counters.settle(settlement("r", Duration.ofSeconds(3))).join()).isTrue();
    assertThat(redis.send("TTL", "{late}:reservation:r").toLong())
        .isGreaterThan(Settlement.REMEMBERED.toSeconds());
    long longAgo = redisMicros() / 1_000_000 - Duration.ofDays(9).toSeconds();
    redis.send("SET", "{late}:born", Long.toString(longAgo));
    redis.send("DEL", "{late}:reservation:r"); // as its time to live does
    for (Duration age : List.of(Settlement.REMEMBERED, Settlement.KEPT, Duration.ofDays(400))) {
      assertThat(counters.settle(settlement("r", age)).join()).as(age.toString()).isFalse();
    }
    assertThat(used("{late}")).isEqualTo(60);
  }

  /** Redis did it and its answer was lost: who asks again has to write it down, once. */
  @Test
  void aSettlementThatIsToldAgainForWantOfAnAnswerIsItsTellersStill() {
    Counters counters = replicas("{again}", Duration.ofMinutes(5)).getFirst();
    Settlement first = settlement("r", Duration.ofSeconds(3));
    assertThat(counters.settle(first).join()).isTrue();
    assertThat(counters.settle(first).join()).isTrue();
    assertThat(counters.settle(settlement("r", Duration.ofSeconds(3))).join()).isFalse();
  }

  @Test
  void whatRedisLostIsStillChargedOnce() {
    Bound bound = new Bound(Level.KEY, "k", Limits.of(Measure.TOKENS_PER_DAY, 1_000));
    Counters counters = replicas("{lost}", Duration.ofMinutes(5)).getFirst();
    seed(counters, bound); // memory that has just begun
    assertThat(counters.settle(settlement("old", Duration.ofHours(2))).join()).isTrue();
    assertThat(counters.settle(settlement("old", Duration.ofHours(2))).join()).isFalse();
    long longAgo = redisMicros() / 1_000_000 - Duration.ofDays(9).toSeconds();
    redis.send("SET", "{lost}:born", Long.toString(longAgo));
    assertThat(counters.settle(settlement("young", Duration.ofMinutes(29))).join()).isTrue();
    assertThat(counters.settle(settlement("young", Duration.ofMinutes(29))).join()).isFalse();
    assertThat(used("{lost}")).isEqualTo(120);
  }

  private static Settlement settlement(String reservation, Duration age) {
    return new Settlement(
        reservation, UUID.randomUUID().toString(), age, new Charge(60, 0), List.of("key:k"));
  }

  private static int used(String prefix) {
    long day = redisMicros() / 86_400_000_000L;
    return redis.send("HGET", prefix + ":day:" + day + ":key:k", "tokens").toInteger();
  }
}
