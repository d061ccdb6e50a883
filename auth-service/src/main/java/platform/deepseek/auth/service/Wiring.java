package platform.deepseek.auth.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import platform.deepseek.auth.access.Permissions;
import platform.deepseek.auth.access.RouteTable;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.decision.Decisions;
import platform.deepseek.auth.decision.Gate;
import platform.deepseek.auth.decision.PromptAudit;
import platform.deepseek.auth.decision.SecondFactor;
import platform.deepseek.auth.decision.Settlements;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.factor.HashAlgorithm;
import platform.deepseek.auth.factor.StepUp;
import platform.deepseek.auth.factor.Totp;
import platform.deepseek.auth.http.AuthorizationServer;
import platform.deepseek.auth.http.BalanceRoute;
import platform.deepseek.auth.http.DecisionRoute;
import platform.deepseek.auth.http.PromptRoute;
import platform.deepseek.auth.http.RenewalRoute;
import platform.deepseek.auth.http.Routes;
import platform.deepseek.auth.http.ServiceGuard;
import platform.deepseek.auth.http.SettlementRoute;
import platform.deepseek.auth.http.VerifyRoute;
import platform.deepseek.auth.identity.Authenticator;
import platform.deepseek.auth.identity.Credentials;
import platform.deepseek.auth.identity.DefaultLimits;
import platform.deepseek.auth.identity.Directory;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.identity.Setbacks;
import platform.deepseek.auth.limit.Budgets;
import platform.deepseek.auth.limit.LimitTable;
import platform.deepseek.auth.limit.Limiter;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.limit.WeightTable;
import platform.deepseek.auth.metrics.DecisionMetrics;
import platform.deepseek.auth.metrics.FactorMetrics;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.Users;
import platform.deepseek.auth.token.BearerTokens;
import platform.deepseek.auth.traffic.SourceAlerts;
import platform.deepseek.auth.traffic.SourceWatch;
import platform.deepseek.auth.usage.PriceTable;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageTable;

/** Makes every part once, out of the configuration and of the parts below it. */
@Singleton
final class Wiring {

  private final AuthConfig config;

  Wiring(AuthConfig config) {
    this.config = config;
  }

  @Produces
  @Singleton
  InstantSource clock() {
    return InstantSource.system();
  }

  /** For what blocks: each piece of work has a virtual thread of its own. */
  @Produces
  @Singleton
  BlockingWork blockingWork() {
    return work -> Thread.ofVirtual().name("blocking").start(work);
  }

  /** A name of its own keeps it apart from the executors that Quarkus has. */
  interface BlockingWork extends Executor {}

  @Produces
  @Singleton
  Pepper pepper(CryptoProfile profile) {
    return config
        .pepper()
        .map(Pepper::of)
        .orElseGet(() -> Pepper.in(config.dataFolder().resolve("pepper")))
        .under(profile.digest());
  }

  @Produces
  @Singleton
  Database database(Pepper pepper) {
    Database database =
        Database.open(
            config
                .databaseUrl()
                .map(
                    url ->
                        new DatabaseAddress(
                            url,
                            config.databaseUser(),
                            config.databasePassword(),
                            config.databaseConnections(),
                            config.databaseStartRetries()))
                .orElseGet(
                    () ->
                        DatabaseAddress.inFolder(
                            config.dataFolder(), config.databaseConnections())));
    if (!database.tie(pepper.fingerprint())) {
      database.close();
      throw new IllegalStateException(
          "The keys in this database were made with another pepper, or under another"
              + " deepseek.crypto.profile: set them to what they were made with, or bring back the"
              + " file 'pepper' of the data folder.");
    }
    return database;
  }

  @Produces
  @Singleton
  Tenants tenants(Database database, InstantSource clock) {
    return new Tenants(database, clock);
  }

  @Produces
  @Singleton
  Users users(Database database, InstantSource clock) {
    return new Users(database, clock);
  }

  @Produces
  @Singleton
  Keys keys(Database database, Pepper pepper, InstantSource clock) {
    return new Keys(database, pepper, config.environment(), clock);
  }

  @Produces
  @Singleton
  LimitTable limits(Database database) {
    return new LimitTable(database);
  }

  @Produces
  @Singleton
  WeightTable weights(Database database) {
    return new WeightTable(database);
  }

  @Produces
  @Singleton
  PriceTable prices(Database database) {
    return new PriceTable(database);
  }

  @Produces
  @Singleton
  UsageTable usage(Database database) {
    return new UsageTable(database);
  }

  @Produces
  @Singleton
  UsageBook book(UsageTable table) {
    return new UsageBook(table);
  }

  @Produces
  @Singleton
  Budgets budgets(UsageBook book, UsageTable table, InstantSource clock) {
    return new Budgets(book, table, clock);
  }

  @Produces
  @Singleton
  Limiter limiter(
      Vertx vertx, UsageBook book, UsageTable table, BlockingWork work, InstantSource clock) {
    return Limiter.of(
        RedisConnection.clients(vertx, config),
        new Limiter.Settings(config.replicas(), config.reservationLease(), config.redisPatience()),
        book,
        table,
        work,
        clock);
  }

  @Produces
  @Singleton
  SourceWatch sources(Vertx vertx, @Any Instance<SourceAlerts> listeners, InstantSource clock) {
    return new SourceWatch(
        config.sourceAlertRequestsPerMinute(),
        RedisConnection.clients(vertx, config).map(Supplier::get),
        listeners.stream().toList(),
        clock);
  }

  @Produces
  @Singleton
  RevisionWatch watch(Database database, Setbacks setbacks) {
    return new RevisionWatch(database, config.revocationWithin(), setbacks, System::nanoTime);
  }

  @Produces
  @Singleton
  Directory directory(Database database) {
    return new Directory(
        database,
        new DefaultLimits(
            Limits.of(Measure.REQUESTS_PER_SECOND, config.platformRequestsPerSecond()),
            Map.of(
                Role.GUEST,
                Limits.of(Measure.REQUESTS_PER_SECOND, config.guestRequestsPerSecond()))));
  }

  @Produces
  @Singleton
  Authenticator authenticator(
      Pepper pepper,
      Directory directory,
      RevisionWatch watch,
      Setbacks setbacks,
      BlockingWork work,
      InstantSource clock) {
    return new Authenticator(
        pepper, directory, watch, setbacks, config.identityCache(), work, clock);
  }

  @Produces
  @Singleton
  Credentials credentials(Authenticator authenticator, BearerTokens tokens) {
    return new Credentials(authenticator, tokens);
  }

  @Produces
  @Singleton
  Factors factors(Database database, KeyRings rings, Pepper pepper, InstantSource clock) {
    HashAlgorithm algorithm =
        HashAlgorithm.of(config.totpAlgorithm())
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "deepseek.auth.totp-algorithm is SHA1, SHA256 or SHA512, not '%s'."
                            .formatted(config.totpAlgorithm())));
    return new Factors(
        database,
        rings.ring(Factors.RING),
        pepper,
        new Totp(algorithm, config.totpDigits()),
        config.totpIssuer(),
        clock);
  }

  @Produces
  @Singleton
  Elevations elevations(Database database, InstantSource clock) {
    return new Elevations(database, config.elevation(), clock);
  }

  /** An administrator's key alone is enough in a local run, on the machine itself. */
  @Produces
  @Singleton
  SecondFactor secondFactor(
      Database database, RevisionWatch watch, BlockingWork work, InstantSource clock) {
    return new StepUp(
        new StepUp.Rules(
            config.localKeysFolder().isPresent(),
            config.stepUpAcrValues().orElse(List.of()),
            config.stepUpMaxAge(),
            config.identityCache()),
        database,
        watch,
        work,
        clock);
  }

  @Produces
  @Singleton
  Gate gate(Credentials credentials, SecondFactor secondFactor, Audit audit) {
    return new Gate(credentials, Permissions.standard(), secondFactor, audit);
  }

  @Produces
  @Singleton
  Decisions decisions(Gate gate, Limiter limiter, Pepper pepper, InstantSource clock) {
    return new Decisions(gate, RouteTable.standard(), limiter, pepper, clock);
  }

  @Produces
  @Singleton
  Settlements settlements(Limiter limiter, UsageBook book, Pepper pepper, InstantSource clock) {
    return new Settlements(limiter, book, pepper, clock);
  }

  @Produces
  @Singleton
  TrustedProxies proxies() {
    return new TrustedProxies(AddressList.of(config.trustedProxies().orElse(List.of())));
  }

  @Produces
  @Singleton
  DecisionMetrics metrics(MeterRegistry registry, Limiter limiter, Settlements settlements) {
    return new DecisionMetrics(registry, limiter, settlements);
  }

  @Produces
  @Singleton
  @Startup
  FactorMetrics factorMetrics(MeterRegistry registry) {
    return new FactorMetrics(registry);
  }

  void register(
      @Observes Router router,
      Decisions decisions,
      Settlements settlements,
      TrustedProxies proxies,
      SourceWatch sources,
      DecisionMetrics metrics,
      Budgets budgets,
      PromptAudit prompts,
      BlockingWork work,
      AuthorizationServer authorizationServer) {
    new Routes(
            new ServiceGuard(config.serviceKey(), config.serviceLoopback()),
            new DecisionRoute(decisions, proxies, sources, metrics),
            new SettlementRoute(settlements),
            new RenewalRoute(settlements),
            new BalanceRoute(decisions, budgets, proxies, sources, config.currency().name(), work),
            new PromptRoute(prompts),
            new VerifyRoute(decisions, proxies, sources, metrics),
            authorizationServer)
        .register(router);
  }
}
