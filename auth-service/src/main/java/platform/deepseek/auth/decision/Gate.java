package platform.deepseek.auth.decision;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.access.Permissions;
import platform.deepseek.auth.audit.Actor;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.identity.Credentials;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.network.ClientAddress;

/** Who comes in, before it is asked how much they may have: credential, address, role, scope. */
public final class Gate {

  /** What the gate says. */
  public sealed interface Passage {

    record Open(Identity identity) implements Passage {}

    record Closed(Decision.Deny denial) implements Passage {}
  }

  private final Credentials credentials;
  private final Permissions permissions;
  private final SecondFactor secondFactor;
  private final Audit audit;

  public Gate(
      Credentials credentials, Permissions permissions, SecondFactor secondFactor, Audit audit) {
    this.credentials = credentials;
    this.permissions = permissions;
    this.secondFactor = secondFactor;
    this.audit = audit;
  }

  /**
   * @param action empty when there is no such route; who has no credential is not told so
   * @return fails with StoreUnavailable when it cannot be known
   */
  public CompletableFuture<Passage> pass(
      String credential, ClientAddress client, Optional<Action> action) {
    if (credential.isEmpty()) {
      Passage.Closed closed =
          closed(
              Refusal.MISSING_CREDENTIAL,
              "No API key was sent. Send it in a header: Authorization: Bearer YOUR_KEY or"
                  + " x-api-key: YOUR_KEY.");
      tell(closed, Actor.UNKNOWN, client, action);
      return CompletableFuture.completedFuture(closed);
    }
    return credentials
        .authenticate(credential)
        .thenCompose(
            verdict ->
                judge(verdict, client, action)
                    .thenApply(
                        passage -> {
                          if (passage instanceof Passage.Closed closed) {
                            tell(closed, actor(verdict), client, action);
                          }
                          return passage;
                        }));
  }

  private CompletableFuture<Passage> judge(
      Verdict verdict, ClientAddress client, Optional<Action> action) {
    return switch (verdict) {
      case Verdict.Known(Identity identity) -> admit(identity, client, action);
      case Verdict.Unknown() ->
          completed(
              closed(
                  Refusal.INVALID_API_KEY,
                  "Incorrect API key or token. Check that it was copied whole, or ask an"
                      + " administrator for a new one."));
      case Verdict.Lapsed lapsed -> completed(lapsed(lapsed));
      case Verdict.ExpiredToken() ->
          completed(
              closed(
                  Refusal.KEY_EXPIRED,
                  "The token has expired. Get a new one from where it came from."));
      case Verdict.WithoutRole(String name) ->
          completed(
              closed(
                  Refusal.PERMISSION_DENIED,
                  "Nothing in the token of %s is a role here. Have one assigned, or have an"
                          .formatted(name)
                      + " administrator map one that there is."));
      case Verdict.Unknowable(String why) ->
          completed(closed(Refusal.AUTHORIZATION_UNAVAILABLE, why));
      case Verdict.Disabled(String name) ->
          completed(
              closed(
                  Refusal.ACCOUNT_DISABLED,
                  "The account behind key %s is disabled. Ask an administrator.".formatted(name)));
    };
  }

  private static Actor actor(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Known(Identity identity) -> identity.actor();
      case Verdict.Unknown _, Verdict.ExpiredToken _, Verdict.Unknowable _ -> Actor.UNKNOWN;
      case Verdict.Lapsed lapsed -> Actor.ofKey(lapsed.credential());
      case Verdict.WithoutRole(String name) -> Actor.ofKey(name);
      case Verdict.Disabled(String name) -> Actor.ofKey(name);
    };
  }

  private void tell(
      Passage.Closed closed, Actor actor, ClientAddress client, Optional<Action> action) {
    audit.recordRepeatable(
        new AuditEvent(
            actor,
            client.toString(),
            "request.refuse",
            action.map(Action::label).orElse(""),
            Outcome.DENIED,
            "",
            Map.of("code", closed.denial().refusal().code())));
  }

  private CompletableFuture<Passage> admit(
      Identity identity, ClientAddress client, Optional<Action> action) {
    Optional<Passage> refused = refuse(identity, client, action);
    if (refused.isPresent()) {
      return completed(refused.get());
    }
    if (action.get() == Action.ELEVATE) {
      return completed(new Passage.Open(identity));
    }
    return secondFactor
        .missing(identity, client)
        .thenApply(
            missing ->
                missing.isEmpty()
                    ? new Passage.Open(identity)
                    : new Passage.Closed(
                        Decision.Deny.challenged(
                            Refusal.SECOND_FACTOR_REQUIRED,
                            missing.get().message(),
                            missing.get().challenge())));
  }

  /** For all but the want of a second factor. */
  private Optional<Passage> refuse(
      Identity identity, ClientAddress client, Optional<Action> action) {
    if (!identity.restrictions().allowAddress(client)) {
      return refused(
          Refusal.ADDRESS_NOT_ALLOWED,
          "Key %s may not be used from %s. Use it from an address of its list, or have the list"
                  .formatted(identity.credential(), client)
              + " changed.");
    }
    if (action.isEmpty()) {
      return refused(Refusal.UNKNOWN_URL, "There is no such route; check method and path.");
    }
    Action wanted = action.get();
    if (!permissions.allow(identity.role(), wanted)) {
      return refused(
          Refusal.PERMISSION_DENIED,
          "The role %s may not %s. Use a key of a role that may."
              .formatted(identity.role().label(), wanted.label()));
    }
    if (!identity.restrictions().allowScope(wanted.scope())) {
      return refused(
          Refusal.SCOPE_NOT_ALLOWED,
          "Key %s lacks the scope %s. Use a key that has it."
              .formatted(identity.credential(), wanted.scope().label()));
    }
    return Optional.empty();
  }

  private static Optional<Passage> refused(Refusal refusal, String message) {
    return Optional.of(closed(refusal, message));
  }

  private static Passage lapsed(Verdict.Lapsed lapsed) {
    return switch (lapsed.state()) {
      case EXPIRED ->
          closed(
              Refusal.KEY_EXPIRED,
              "Key %s has expired. Ask an administrator for a new one."
                  .formatted(lapsed.credential()));
      case REPLACED ->
          closed(
              Refusal.KEY_EXPIRED,
              "Key %s was replaced and its overlap is over. Use its successor."
                  .formatted(lapsed.credential()));
      case REVOKED ->
          closed(
              Refusal.KEY_REVOKED,
              "Key %s was revoked. Ask an administrator for a new one."
                  .formatted(lapsed.credential()));
      case ACTIVE -> throw new IllegalStateException(lapsed + " is active");
    };
  }

  private static CompletableFuture<Passage> completed(Passage passage) {
    return CompletableFuture.completedFuture(passage);
  }

  private static Passage.Closed closed(Refusal refusal, String message) {
    return new Passage.Closed(Decision.Deny.of(refusal, message));
  }
}
