package platform.deepseek.auth.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.InstantSource;
import platform.deepseek.auth.admin.IssuerFields;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.SigningKeys;
import platform.deepseek.auth.decision.Decisions;
import platform.deepseek.auth.http.AuthorizationServer;
import platform.deepseek.auth.http.OAuthGate;
import platform.deepseek.auth.http.ServiceGuard;
import platform.deepseek.auth.identity.Authenticator;
import platform.deepseek.auth.identity.Credentials;
import platform.deepseek.auth.identity.Directory;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.metrics.DecisionMetrics;
import platform.deepseek.auth.metrics.TokenMetrics;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.service.Wiring.BlockingWork;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.token.BearerTokens;
import platform.deepseek.auth.token.grant.AccessTokens;
import platform.deepseek.auth.token.grant.GrantSettings;
import platform.deepseek.auth.token.issuer.ClientSecrets;
import platform.deepseek.auth.token.issuer.IssuerSettings;
import platform.deepseek.auth.token.issuer.Issuers;
import platform.deepseek.auth.token.issuer.ProviderTokens;

/** Makes the parts that bearer tokens need. */
@Singleton
final class TokenWiring {

  private final AuthConfig config;

  TokenWiring(AuthConfig config) {
    this.config = config;
  }

  @Produces
  @Singleton
  GrantSettings grants() {
    TokenConfig token = config.token();
    URI issuer = URI.create(token.issuer());
    if (issuer.getHost() == null || !issuer.getRawPath().isEmpty()) {
      throw new IllegalStateException(
          "deepseek.auth.token.issuer is '%s'; write it as https://auth.example.com, without a path."
              .formatted(token.issuer()));
    }
    return new GrantSettings(
        token.issuer(),
        token.audiences(),
        token.lifetime(),
        token.keyRotation(),
        token.keyPublishedAhead());
  }

  @Produces
  @Singleton
  IssuerSettings issuerSettings() {
    TokenConfig token = config.token();
    return new IssuerSettings(
        token.providerRefresh(),
        token.providerRetry(),
        token.providerKeysMaxAge(),
        token.clockSkew(),
        token.providerPatience(),
        token.plainIssuers());
  }

  @Produces
  @Singleton
  IssuerFields issuerFields(GrantSettings grants, IssuerSettings settings) {
    return new IssuerFields(grants, settings);
  }

  @Produces
  @Singleton
  Issuers issuers(Database database, InstantSource clock) {
    return new Issuers(database, clock);
  }

  @Produces
  @Singleton
  ClientSecrets clientSecrets(KeyRings rings) {
    return new ClientSecrets(rings);
  }

  @Produces
  @Singleton
  ProviderTokens providerTokens(
      Database database,
      RevisionWatch watch,
      ClientSecrets secrets,
      IssuerSettings settings,
      BlockingWork work,
      InstantSource clock) {
    return new ProviderTokens(
        database, watch, config.identityCache(), secrets, settings, work, clock, System::nanoTime);
  }

  @Produces
  @Singleton
  AccessTokens accessTokens(
      GrantSettings grants,
      Database database,
      SigningKeys keys,
      CryptoProfile profile,
      RevisionWatch watch,
      BlockingWork work,
      InstantSource clock) {
    return new AccessTokens(
        grants, database, keys, profile, watch, config.identityCache(), work, clock);
  }

  @Produces
  @Singleton
  TokenMetrics tokenMetrics(MeterRegistry registry) {
    return new TokenMetrics(registry);
  }

  @Produces
  @Singleton
  BearerTokens bearerTokens(
      ProviderTokens providers,
      AccessTokens own,
      Authenticator authenticator,
      Directory directory,
      RevisionWatch watch,
      TokenMetrics metrics,
      BlockingWork work,
      InstantSource clock) {
    return new BearerTokens(
        providers,
        own,
        authenticator,
        directory,
        watch,
        config.identityCache(),
        metrics::refused,
        work,
        clock,
        System::nanoTime);
  }

  @Produces
  @Singleton
  AuthorizationServer authorizationServer(
      Decisions decisions,
      TrustedProxies proxies,
      DecisionMetrics metrics,
      Credentials credentials,
      BearerTokens bearers,
      AccessTokens tokens) {
    return new AuthorizationServer(
        new ServiceGuard(config.serviceKey(), config.serviceLoopback()),
        new OAuthGate(decisions, proxies, metrics),
        credentials,
        bearers,
        tokens);
  }

  void stop(@Observes ShutdownEvent event, ProviderTokens providers) {
    providers.close();
  }
}
