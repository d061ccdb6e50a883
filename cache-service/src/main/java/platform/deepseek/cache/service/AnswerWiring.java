package platform.deepseek.cache.service;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import platform.deepseek.cache.answer.Administration;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.answer.Ladder;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.LocalLeases;
import platform.deepseek.cache.lease.RedisLeases;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.semantic.MiniLm;
import platform.deepseek.cache.semantic.SimilarQuestions;
import platform.deepseek.cache.stream.LocalRelay;
import platform.deepseek.cache.stream.RedisRelay;
import platform.deepseek.cache.stream.Relay;
import platform.deepseek.cache.stream.Streams;
import platform.deepseek.cache.tier.MemoryTier;

/** How answers are found, led and followed. */
@Singleton
final class AnswerWiring {

  private static final int EMBEDDING_THREADS = 2;
  private static final int EMBEDDINGS_WAITING = 32;

  private final CacheConfig config;

  AnswerWiring(CacheConfig config) {
    this.config = config;
  }

  @Produces
  @Singleton
  Ladder ladder(
      MemoryTier memory,
      TierWiring.Rungs rungs,
      Keyring keyring,
      Purges purges,
      InstantSource clock) {
    return new Ladder(memory, rungs.list(), keyring, purges, clock);
  }

  @Produces
  @Singleton
  Leases leases(Wiring.Shared shared) {
    LocalLeases local = new LocalLeases(config.lease(), System::nanoTime);
    return shared
        .redis()
        .<Leases>map(redis -> new RedisLeases(redis, local, config.lease()))
        .orElse(local);
  }

  @Produces
  @Singleton
  Streams streams(Leases leases, Wiring.Shared shared, MasterKey master, Wiring.Timer timer) {
    long size = config.streamSize().asLongValue();
    Relay relay =
        shared
            .redis()
            .<Relay>map(redis -> new RedisRelay(redis, leases, master, timer.threads(), size))
            .orElseGet(LocalRelay::new);
    return new Streams(size, leases, relay);
  }

  @Produces
  @Singleton
  AnswerCounts answerCounts() {
    return new AnswerCounts();
  }

  /** Vectors are computed by few, and who comes when all are at work goes without. */
  @Produces
  @Singleton
  Similar similar() {
    CacheConfig.Semantic semantic = config.semantic();
    if (!semantic.enabled()) {
      return new Similar(Optional.empty());
    }
    Executor threads =
        new ThreadPoolExecutor(
            EMBEDDING_THREADS,
            EMBEDDING_THREADS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(EMBEDDINGS_WAITING),
            Thread.ofPlatform().name("embedding-", 0).daemon().factory());
    return new Similar(
        Optional.of(
            new SimilarQuestions(
                MiniLm.load(),
                semantic.threshold(),
                semantic.size().asLongValue(),
                semantic.patience().toMillis(),
                threads)));
  }

  /** Questions that mean the same, where that is wanted. */
  record Similar(Optional<SimilarQuestions> questions) {}

  @Produces
  @Singleton
  AnswerCache answers(
      Ladder ladder,
      Leases leases,
      Streams streams,
      AnswerCounts counts,
      Similar similar,
      InstantSource clock) {
    return new AnswerCache(
        ladder,
        leases,
        streams,
        config.longestLife(),
        config.usualLife(),
        counts,
        similar.questions(),
        clock);
  }

  @Produces
  @Singleton
  Administration administration(
      Purges purges,
      Keyring keyring,
      MemoryTier memory,
      Ladder ladder,
      Similar similar,
      AnswerCounts counts,
      Wiring.BlockingWork work) {
    return new Administration(purges, keyring, memory, ladder, similar.questions(), counts, work);
  }
}
