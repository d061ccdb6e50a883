package platform.deepseek.cache.answer;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import platform.deepseek.cache.crypto.Keyring;
import platform.deepseek.cache.crypto.SeedStore;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.purge.Purge;
import platform.deepseek.cache.purge.Purges;
import platform.deepseek.cache.semantic.SimilarQuestions;
import platform.deepseek.cache.tier.MemoryTier;

/** Purges: first the mark that makes entries worthless, then what can be deleted at once. */
public final class Administration {

  private static final Logger LOG = Logger.getLogger(Administration.class);

  private final Purges purges;
  private final Keyring keyring;
  private final MemoryTier memory;
  private final Ladder ladder;
  private final Optional<SimilarQuestions> similar;
  private final AnswerCounts counts;
  private final Executor blocking;

  public Administration(
      Purges purges,
      Keyring keyring,
      MemoryTier memory,
      Ladder ladder,
      Optional<SimilarQuestions> similar,
      AnswerCounts counts,
      Executor blocking) {
    this.purges = purges;
    this.keyring = keyring;
    this.memory = memory;
    this.ladder = ladder;
    this.similar = similar;
    this.counts = counts;
    this.blocking = blocking;
  }

  public void purge(Purge purge) {
    purges.purge(purge);
  }

  /** What has to be done here for a purge, wherever it was asked for. */
  public void apply(Purge purge) {
    switch (purge) {
      case Purge.Key(var key) -> ladder.remove(key);
      case Purge.Model(String weights) -> forget(address -> address.weights().equals(weights));
      case Purge.Tenant(String name) -> {
        forget(address -> address.owner().equals(name));
        counts.forget(name);
        keyring.drop(name);
        blocking.execute(() -> shred(name));
      }
    }
  }

  private void forget(Predicate<Address> goes) {
    memory.removeIf(goes);
    similar.ifPresent(questions -> questions.removeIf(goes));
  }

  private void shred(String tenant) {
    try {
      keyring.shred(tenant);
    } catch (SeedStore.Unavailable e) {
      LOG.errorf(e, "a purged tenant's seed is not deleted everywhere; purge it again");
    }
  }
}
