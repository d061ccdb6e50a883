package platform.deepseek.cache.answer;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.entry.Entry;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.lease.Lease;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.lease.Turn;
import platform.deepseek.cache.semantic.Question;
import platform.deepseek.cache.semantic.SimilarQuestions;
import platform.deepseek.cache.stream.End;
import platform.deepseek.cache.stream.Streams;

/**
 * Answers: found, or computed by exactly one of those who ask at once.
 *
 * <p>Who finds nothing asks for the lease. Between the two somebody else may have finished, so who
 * gets the lease looks once more where answers are put before their lease goes back: an answer is
 * either found or its lease is held, at every moment, so equal requests compute once.
 */
public final class AnswerCache {

  private final Ladder ladder;
  private final Leases leases;
  private final Streams streams;
  private final Duration longestLife;
  private final Duration usualLife;
  private final AnswerCounts counts;
  private final Optional<SimilarQuestions> similar;
  private final InstantSource clock;

  /**
   * @param similar where answers to questions that mean the same will do
   */
  public AnswerCache(
      Ladder ladder,
      Leases leases,
      Streams streams,
      Duration longestLife,
      Duration usualLife,
      AnswerCounts counts,
      Optional<SimilarQuestions> similar,
      InstantSource clock) {
    this.ladder = ladder;
    this.leases = leases;
    this.streams = streams;
    this.longestLife = longestLife;
    this.usualLife = usualLife;
    this.counts = counts;
    this.similar = similar;
    this.clock = clock;
  }

  /**
   * @throws platform.deepseek.cache.canonical.NoCanonicalForm when the request has none
   */
  public CompletableFuture<Outcome> lookup(KeyMaterial material, Control control) {
    return lookup(material, control, Optional.empty());
  }

  /**
   * @param around digest of the prompt without the text of the last message, where an answer to a
   *     question like it will do
   * @throws platform.deepseek.cache.canonical.NoCanonicalForm when the request has none
   */
  public CompletableFuture<Outcome> lookup(
      KeyMaterial material, Control control, Optional<String> around) {
    CacheKey key = material.key();
    Address address = Address.of(key, material);
    CompletableFuture<Optional<Ladder.Found>> found =
        control.read()
            ? ladder.find(address).thenApply(one -> fresh(one, control))
            : CompletableFuture.completedFuture(Optional.empty());
    return found
        .thenCompose(
            one ->
                one.isPresent()
                    ? CompletableFuture.completedFuture(hit(key, one.get()))
                    : like(material, address, control, around))
        .thenApply(
            outcome -> {
              counts.add(material.tenant(), outcome);
              return outcome;
            });
  }

  private CompletableFuture<Outcome> like(
      KeyMaterial material, Address address, Control control, Optional<String> around) {
    Optional<Question> question =
        similar.isPresent() && control.read()
            ? around.flatMap(digest -> Question.of(material, digest))
            : Optional.empty();
    if (question.isEmpty()) {
      return turn(address, control);
    }
    return similar
        .get()
        .nearest(question.get(), address)
        .thenCompose(
            near ->
                near.isEmpty()
                    ? turn(address, control)
                    : ladder
                        .find(near.get().address())
                        .thenApply(found -> fresh(found, control))
                        .thenCompose(
                            found ->
                                found.isEmpty()
                                    ? turn(address, control)
                                    : CompletableFuture.completedFuture(
                                        new Outcome.SimilarHit(
                                            address.key(),
                                            near.get().similarity(),
                                            age(found.get()),
                                            found.get().entry()))));
  }

  private CompletableFuture<Outcome> turn(Address address, Control control) {
    CacheKey key = address.key();
    if (!control.store()) {
      return CompletableFuture.completedFuture(new Outcome.Pass(key));
    }
    return leases
        .acquire(key)
        .thenCompose(
            turn ->
                switch (turn) {
                  case Turn.Theirs(long fence) ->
                      CompletableFuture.completedFuture(
                          control.read()
                              ? new Outcome.Follow(key, new StreamName(key, fence))
                              : new Outcome.Pass(key));
                  case Turn.Yours yours -> lead(address, control, yours);
                });
  }

  private CompletableFuture<Outcome> lead(Address address, Control control, Turn.Yours yours) {
    long life = Math.min(control.lifeMillis().orElse(usualLife.toMillis()), longestLife.toMillis());
    Lease lease = new Lease(address, yours.fence(), life);
    if (!control.read()) {
      return CompletableFuture.completedFuture(new Outcome.Lead(address.key(), lease));
    }
    return ladder
        .findAgain(address)
        .thenApply(one -> fresh(one, control))
        .thenApply(
            one -> {
              if (one.isEmpty()) {
                return new Outcome.Lead(address.key(), lease);
              }
              var unused = giveBack(lease, new End.Done(one.get().entry().json()));
              return hit(address.key(), one.get());
            });
  }

  /** Keeps an answer; false when the lease is another's. */
  public CompletableFuture<Boolean> store(Lease lease, byte[] json, int computeMillis) {
    return leases
        .renew(lease.address().key(), lease.fence())
        .thenCompose(
            held -> {
              if (!held) {
                return CompletableFuture.completedFuture(false);
              }
              long now = clock.millis();
              long kept = lease.lifeMillis();
              Entry entry = new Entry(now, now + kept, computeMillis, json);
              return ladder
                  .keep(lease.address(), entry)
                  .thenCompose(done -> giveBack(lease, new End.Done(json)))
                  .thenApply(back -> true);
            });
  }

  public CompletableFuture<Boolean> renew(Lease lease) {
    return leases.renew(lease.address().key(), lease.fence());
  }

  /** Gives a lease back, first the lease and then the word to those who follow: they ask again. */
  public CompletableFuture<Boolean> giveBack(Lease lease, End end) {
    return leases
        .release(lease.address().key(), lease.fence())
        .thenApply(
            was -> {
              streams.end(lease.stream(), end);
              return was;
            });
  }

  private Optional<Ladder.Found> fresh(Optional<Ladder.Found> found, Control control) {
    return found.filter(
        one ->
            control.maxAgeMillis().isEmpty()
                || clock.millis() - one.entry().createdMillis()
                    <= control.maxAgeMillis().getAsLong());
  }

  private Outcome hit(CacheKey key, Ladder.Found found) {
    return new Outcome.Hit(key, found.level(), age(found), found.entry());
  }

  private long age(Ladder.Found found) {
    return Math.max(0, clock.millis() - found.entry().createdMillis()) / 1_000;
  }
}
