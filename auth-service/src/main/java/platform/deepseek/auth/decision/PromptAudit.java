package platform.deepseek.auth.decision;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import platform.deepseek.auth.audit.Actor;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.AuditUnavailable;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.prompt.HeldPrompt;
import platform.deepseek.auth.prompt.HeldPrompts;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.usage.Account;

/**
 * Keeps requests of tenants that want that, and of no others, whatever is sent here. That one is
 * kept is in the book before it is: an event without a prompt can be seen, a prompt without an
 * event could not.
 */
public final class PromptAudit {

  /** What became of a request. */
  public sealed interface Receipt {

    /**
     * @param bytes of it that are kept
     */
    record Kept(int bytes) implements Receipt {}

    /** Its tenant wants none kept. */
    record Unwanted() implements Receipt {}

    /** No reservation of ours. */
    record Unknown() implements Receipt {}

    /** It cannot be kept now. */
    record Unavailable() implements Receipt {}
  }

  private final HeldPrompts prompts;
  private final Audit audit;
  private final ReservationSeal seal;
  private final Executor executor;
  private final InstantSource clock;

  /**
   * @param executor for the database, which blocks
   */
  public PromptAudit(
      HeldPrompts prompts, Audit audit, Pepper pepper, Executor executor, InstantSource clock) {
    this.prompts = prompts;
    this.audit = audit;
    this.seal = new ReservationSeal(pepper);
    this.executor = executor;
    this.clock = clock;
  }

  /**
   * @param sealed what the decision gave
   * @param text beginning of the request; what is more than the tenant wants is left out
   * @param length of the whole request, in bytes
   */
  public CompletableFuture<Receipt> keep(String sealed, String text, long length) {
    Optional<Reservation> reservation = seal.open(sealed);
    return reservation.isEmpty()
        ? CompletableFuture.completedFuture(new Receipt.Unknown())
        : CompletableFuture.supplyAsync(() -> keep(reservation.get(), text, length), executor)
            .exceptionallyCompose(PromptAudit::unavailable);
  }

  private Receipt keep(Reservation reservation, String text, long length) {
    Account account = reservation.account();
    int most = prompts.wanted(account.tenant());
    if (most == 0) {
      return new Receipt.Unwanted();
    }
    Optional<HeldPrompt> before = prompts.find(reservation.id());
    if (before.isPresent()) { // the answer to who told it first was lost
      return new Receipt.Kept(HeldPrompts.bytes(before.get()));
    }
    byte[] kept = beginning(text.getBytes(StandardCharsets.UTF_8), most);
    HeldPrompt prompt =
        new HeldPrompt(
            reservation.id(),
            account.tenant(),
            account.user(),
            account.key(),
            reservation.model(),
            length,
            prompts.seal(account.tenant(), reservation.id(), kept),
            clock.instant());
    audit.recordFirst(event(prompt, kept.length)).join();
    prompts.add(prompt);
    return new Receipt.Kept(kept.length);
  }

  /** Without half a character at the end. */
  private static byte[] beginning(byte[] text, int most) {
    int end = Math.min(text.length, most);
    while (end > 0 && end < text.length && (text[end] & 0xC0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(text, end);
  }

  private static AuditEvent event(HeldPrompt prompt, int bytes) {
    return new AuditEvent(
        new Actor(prompt.tenant(), prompt.user(), prompt.key(), ""),
        "",
        "prompt.keep",
        "prompts/" + prompt.id(),
        Outcome.ATTEMPTED,
        prompt.id(),
        Map.of(
            "model",
            prompt.model(),
            "kept",
            Integer.toString(bytes),
            "length",
            Long.toString(prompt.length()),
            "digest",
            HeldPrompts.digest(prompt.sealed())));
  }

  private static CompletableFuture<Receipt> unavailable(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StoreUnavailable || cause instanceof AuditUnavailable
        ? CompletableFuture.completedFuture(new Receipt.Unavailable())
        : CompletableFuture.failedFuture(cause);
  }
}
