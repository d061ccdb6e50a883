package platform.deepseek.auth.factor;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.decision.SecondFactor;
import platform.deepseek.auth.identity.Assurance;
import platform.deepseek.auth.identity.FreshCache;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.store.Database;

/**
 * Administrators need more than a key: an elevation of the key from where they are, or a token
 * whose issuer says that they logged in with a second factor a short while ago (RFC 9470).
 *
 * <p>Elevations are kept like keys, and used while the database has not changed. An elevation that
 * was made at another replica a moment ago is not known here yet, so nobody is turned away before
 * the database was asked whether it changed; who is let in waits for nothing.
 */
public final class StepUp implements SecondFactor {

  /**
   * @param loopbackExempt whether an administrator on this machine needs no second factor
   * @param acrValues that clients are told to ask their identity provider for
   * @param maxAge how long ago a login with a second factor may be
   * @param keep how long elevations are used without looking again
   */
  public record Rules(
      boolean loopbackExempt, List<String> acrValues, Duration maxAge, Duration keep) {

    public Rules {
      acrValues = List.copyOf(acrValues);
    }
  }

  private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(60);

  private final Rules rules;
  private final FreshCache<String, List<Elevation>> elevations;
  private final NextPoll nextPoll;
  private final InstantSource clock;

  /**
   * @param executor for looking up, which blocks
   */
  public StepUp(
      Rules rules, Database database, RevisionWatch watch, Executor executor, InstantSource clock) {
    this.rules = rules;
    this.elevations =
        new FreshCache<>(key -> elevations(database, key), watch, rules.keep(), executor);
    this.nextPoll = new NextPoll(watch, executor);
    this.clock = clock;
  }

  private static FreshCache.Dated<List<Elevation>> elevations(Database database, String key) {
    return FreshCache.Dated.read(
        database,
        session -> {
          List<Elevation> found = Elevations.of(session, key);
          return found.isEmpty() ? Optional.empty() : Optional.of(found);
        });
  }

  @Override
  public CompletableFuture<Optional<Shortfall>> missing(Identity identity, ClientAddress client) {
    Instant now = clock.instant();
    if (identity.role() != Role.ADMIN
        || rules.loopbackExempt() && client.isLoopback()
        || isFresh(identity.assurance(), now)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return isElevated(identity, client)
        .thenCompose(
            elevated ->
                elevated
                    ? CompletableFuture.completedFuture(true)
                    : nextPoll.await().thenCompose(polled -> isElevated(identity, client)))
        .thenApply(
            elevated -> elevated ? Optional.empty() : Optional.of(shortfall(identity, client)));
  }

  private boolean isFresh(Assurance assurance, Instant now) {
    return assurance.secondFactor()
        && assurance
            .authenticatedAt()
            .filter(at -> at.isBefore(now.plus(CLOCKS_DIFFER)))
            .filter(at -> now.isBefore(at.plus(rules.maxAge())))
            .isPresent();
  }

  private CompletableFuture<Boolean> isElevated(Identity identity, ClientAddress client) {
    return elevations
        .get(identity.credential())
        .thenApply(
            found ->
                found.orElse(List.of()).stream()
                    .anyMatch(elevation -> elevation.holds(client, clock.instant())));
  }

  private Shortfall shortfall(Identity identity, ClientAddress client) {
    String challenge =
        "Bearer error=\"insufficient_user_authentication\","
            + " error_description=\"A second factor is required\""
            + (rules.acrValues().isEmpty()
                ? ""
                : ", acr_values=\"%s\"".formatted(String.join(" ", rules.acrValues())))
            + ", max_age=\"%d\"".formatted(rules.maxAge().toSeconds());
    return new Shortfall(
        "The role %s needs a second factor from %s. With an API key send a code of your app to POST"
                .formatted(identity.role().label(), client)
            + " /v1/admin/elevations; with a token log in again with a second factor.",
        challenge);
  }
}
