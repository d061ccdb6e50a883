package platform.deepseek.auth.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Everything that can be set from outside. */
@ConfigMapping(prefix = "deepseek.auth")
public interface AuthConfig {

  /** Folder for the pepper, where none is set, and for the database file, where none is. */
  @WithDefault("data/auth")
  Path dataFolder();

  /** JDBC address of PostgreSQL; default: an H2 file in data-folder, for one replica. */
  Optional<String> databaseUrl();

  /** User of the database. */
  Optional<String> databaseUser();

  /** Password of that user. */
  Optional<String> databasePassword();

  /** Connections to the database at most. */
  @WithDefault("8")
  int databaseConnections();

  /** Seconds that a start waits for a database that does not answer yet. */
  @WithDefault("60")
  int databaseStartRetries();

  /**
   * At least 64 hexadecimal digits that all digests are made with, the same for all replicas;
   * default: a file in data-folder, made at the first start. Lost, no key works any more.
   */
  Optional<String> pepper();

  /** What new keys are marked with, 2 to 8 lower case letters: sk-ENVIRONMENT_... */
  @WithDefault("live")
  String environment();

  /**
   * Addresses of Redis, such as redis://redis:6379; several for sentinels or a cluster. Default:
   * none, limits are held in memory, for one replica.
   */
  Optional<List<String>> redisHosts();

  /** standalone, sentinel or cluster. */
  @WithDefault("standalone")
  String redisType();

  /** Name of the master that sentinels watch. */
  @WithDefault("mymaster")
  String redisMasterName();

  /** Password of Redis. */
  Optional<String> redisPassword();

  /** After which Redis is taken for gone, and limits are shared out. */
  @WithDefault("250ms")
  Duration redisPatience();

  /** Replicas of this service: each lets through its part of the limits while Redis is away. */
  @WithDefault("1")
  int replicas();

  /** After which a reservation that is neither settled nor renewed is returned. */
  @WithDefault("15m")
  Duration reservationLease();

  /** How long a key that was looked up is used without looking again, unless something changes. */
  @WithDefault("10s")
  Duration identityCache();

  /** How often the database is asked whether something changed. */
  @WithDefault("500ms")
  Duration revocationPoll();

  /** How long the answer to that is believed; a revocation holds everywhere within this time. */
  @WithDefault("2s")
  Duration revocationWithin();

  /** Addresses and prefixes of proxies whose X-Forwarded-For is believed. Default: none. */
  Optional<List<String>> trustedProxies();

  /** Secret of at least 16 characters that other services send as x-deepseek-service-key. */
  Optional<String> serviceKey();

  /** Whether services on the same machine need no service-key; for local runs. */
  @WithDefault("false")
  boolean serviceLoopback();

  /** Requests a second of the whole platform, until somebody sets its limits. */
  @WithDefault("500")
  long platformRequestsPerSecond();

  /** Requests a second of each guest's key, until somebody sets its limits. */
  @WithDefault("10")
  long guestRequestsPerSecond();

  /** What prices and budgets are in, as DeepSeek's balance names it. */
  enum Currency {
    CNY,
    USD
  }

  /** CNY or USD: what prices and budgets are in. */
  @WithDefault("USD")
  Currency currency();

  /** How long an administrator's key is enough after a second factor was proven with it. */
  @WithDefault("15m")
  Duration elevation();

  /** Hash of one-time passwords, SHA1, SHA256 or SHA512; many apps know SHA1 alone. */
  @WithDefault("SHA1")
  String totpAlgorithm();

  /** Digits of one-time passwords, 6 to 8; many apps know 6 alone. */
  @WithDefault("6")
  int totpDigits();

  /** What authenticator apps show above the name of the administrator. */
  @WithDefault("DeepSeek platform")
  String totpIssuer();

  /**
   * Authentication contexts that an administrator's client is told to ask its identity provider for
   * when its token does not say that a second factor was shown. Default: it is told none.
   */
  Optional<List<String>> stepUpAcrValues();

  /** How long ago the login with a second factor may be that an administrator's token tells of. */
  @WithDefault("15m")
  Duration stepUpMaxAge();

  /**
   * Requests a minute from one source address, of all replicas together, let in or not, beyond
   * which an alert is raised. 0: none is.
   */
  @WithDefault("1000")
  long sourceAlertRequestsPerMinute();

  /**
   * Folder that a local run's keys are written to, as api-key and admin-key; with it, an
   * administrator on the same machine needs no second factor. Default: none.
   */
  Optional<Path> localKeysFolder();

  /** Bearer tokens that are no API keys. */
  TokenConfig token();
}
