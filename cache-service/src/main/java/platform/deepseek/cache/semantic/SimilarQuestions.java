package platform.deepseek.cache.semantic;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.key.CacheKey;

/**
 * Questions that were asked, as vectors, each with the address that its answer has.
 *
 * <p>Here is no answer: whoever finds a question near enough asks the tiers for what lies at its
 * address, as for any other. So what was purged, has expired or was never computed is not found,
 * and entries are opened with the key of their own tenant, whatever this index says. Questions are
 * compared only where all the rest of the request is the same (see {@link Question}).
 *
 * <p>A vector of 384 numbers and what belongs to it are 2 KB. Bounded: of each rest the last ones
 * asked, and of all together by bytes.
 */
public final class SimilarQuestions {

  /** Below this, different questions get each other's answers too often. */
  public static final double LOWEST_THRESHOLD = 0.95;

  private static final Logger LOG = Logger.getLogger(SimilarQuestions.class);
  private static final int MOST_OF_ONE_REST = 256;
  private static final int OVERHEAD = 512;

  /**
   * A question that was asked.
   *
   * @param similarity cosine of the angle between the two
   */
  public record Near(Address address, double similarity) {}

  /**
   * @param direction of length 1
   */
  private record Known(Address address, float[] direction) {}

  private final Embedder embedder;
  private final double threshold;
  private final long patienceMillis;
  private final Executor threads;
  private final Cache<CacheKey, List<Known>> byRest;
  private final LongAdder failures = new LongAdder();

  /**
   * @param threshold from {@link #LOWEST_THRESHOLD} to 1
   * @param mostBytes of all vectors
   * @param patienceMillis after which nothing is near
   * @param threads for computing vectors; what they reject is not compared
   */
  public SimilarQuestions(
      Embedder embedder, double threshold, long mostBytes, long patienceMillis, Executor threads) {
    if (!(threshold >= LOWEST_THRESHOLD && threshold <= 1)) {
      throw new IllegalStateException(
          "deepseek.cache.semantic.threshold=%s is not from %s to 1: below that, different questions"
                  .formatted(threshold, LOWEST_THRESHOLD)
              + " get each other's answers.");
    }
    this.embedder = embedder;
    this.threshold = threshold;
    this.patienceMillis = patienceMillis;
    this.threads = threads;
    this.byRest =
        Caffeine.newBuilder()
            .maximumWeight(mostBytes)
            .<CacheKey, List<Known>>weigher((rest, known) -> weight(known))
            .executor(Runnable::run)
            .build();
  }

  private static int weight(List<Known> known) {
    return OVERHEAD
        + known.stream().mapToInt(one -> OVERHEAD + Float.BYTES * one.direction().length).sum();
  }

  /**
   * The nearest question whose answer may do, and remembers this one. Completes within the patience
   * and normally.
   */
  public CompletableFuture<Optional<Near>> nearest(Question question, Address address) {
    CompletableFuture<Optional<Near>> result = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            try {
              result.complete(compare(question, address));
            } catch (RuntimeException e) {
              failures.increment();
              LOG.warnf(e, "a question is not compared");
              result.complete(Optional.empty());
            }
          });
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return result.completeOnTimeout(Optional.empty(), patienceMillis, TimeUnit.MILLISECONDS);
  }

  private Optional<Near> compare(Question question, Address address) {
    float[] direction = direction(embedder.embed(question.text()));
    List<Known> known = byRest.getIfPresent(question.rest());
    Optional<Near> nearest = known == null ? Optional.empty() : nearest(known, direction, address);
    remember(question.rest(), new Known(address, direction));
    return nearest;
  }

  private Optional<Near> nearest(List<Known> known, float[] direction, Address asking) {
    Known best = null;
    double highest = threshold;
    for (Known one : known) {
      if (!one.address().key().equals(asking.key())
          && one.address().owner().equals(asking.owner())) {
        double similarity = dot(one.direction(), direction);
        if (similarity >= highest) {
          highest = similarity;
          best = one;
        }
      }
    }
    return best == null
        ? Optional.empty()
        : Optional.of(new Near(best.address(), Math.min(1, highest)));
  }

  private void remember(CacheKey rest, Known fresh) {
    byRest
        .asMap()
        .compute(
            rest,
            (same, known) -> {
              List<Known> all = new ArrayList<>();
              if (known != null) {
                known.stream()
                    .filter(one -> !one.address().key().equals(fresh.address().key()))
                    .forEach(all::add);
              }
              all.add(fresh);
              return List.copyOf(
                  all.subList(Math.max(0, all.size() - MOST_OF_ONE_REST), all.size()));
            });
  }

  /** Forgets questions of a tenant, or of a model. */
  public void removeIf(Predicate<Address> goes) {
    for (CacheKey rest : byRest.asMap().keySet()) {
      byRest
          .asMap()
          .computeIfPresent(
              rest,
              (same, known) -> {
                List<Known> left = known.stream().filter(one -> !goes.test(one.address())).toList();
                return left.isEmpty() ? null : left;
              });
    }
  }

  /** How many are known. */
  public long size() {
    return byRest.asMap().values().stream().mapToLong(List::size).sum();
  }

  /** How often no vector could be computed. */
  public long failures() {
    return failures.sum();
  }

  private static float[] direction(float[] vector) {
    double square = dot(vector, vector);
    if (!(square > 0) || Double.isInfinite(square)) {
      throw new IllegalStateException("a vector of length " + Math.sqrt(square));
    }
    float[] direction = new float[vector.length];
    for (int i = 0; i < vector.length; i++) {
      direction[i] = (float) (vector[i] / Math.sqrt(square));
    }
    return direction;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
