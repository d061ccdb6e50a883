package platform.deepseek.auth.service;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditLog;
import platform.deepseek.auth.audit.AuditReader;
import platform.deepseek.auth.audit.Checkpoints;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.crypto.Resealing;
import platform.deepseek.auth.crypto.SealedColumn;
import platform.deepseek.auth.crypto.SigningKeys;
import platform.deepseek.auth.decision.PromptAudit;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.prompt.HeldPrompts;
import platform.deepseek.auth.service.Wiring.BlockingWork;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.token.issuer.ClientSecrets;
import platform.deepseek.auth.watermark.Watermark;

/** Makes what seals, signs and remembers. */
@Singleton
final class AuditWiring {

  private final AuthConfig auth;
  private final CryptoConfig crypto;
  private final AuditConfig audit;

  AuditWiring(AuthConfig auth, CryptoConfig crypto, AuditConfig audit) {
    this.auth = auth;
    this.crypto = crypto;
    this.audit = audit;
  }

  @Produces
  @Singleton
  CryptoProfile profile() {
    return CryptoProfile.of(crypto.profile());
  }

  @Produces
  @Singleton
  KeyRings keyRings(Database database, CryptoProfile profile, InstantSource clock) {
    MasterKey master =
        crypto
            .masterKey()
            .map(MasterKey::of)
            .orElseGet(() -> MasterKey.in(auth.dataFolder().resolve("master-key")));
    KeyRings rings = new KeyRings(database, master, profile, crypto.rotation(), clock);
    if (!rings.areOurs()) {
      throw new IllegalStateException(
          "The data keys in this database were wrapped with another master key: set"
              + " deepseek.crypto.master-key to the one of the other replicas, or bring back the"
              + " file 'master-key' of the data folder.");
    }
    return rings;
  }

  /** Everything that stays sealed; what is kept of requests is deleted instead. */
  @Produces
  @Singleton
  Resealing resealing(Database database, KeyRings rings) {
    List<SealedColumn> columns = new ArrayList<>(Factors.SEALED);
    columns.add(SigningKeys.SEALED);
    columns.add(ClientSecrets.SEALED);
    return new Resealing(database, rings, columns);
  }

  @Produces
  @Singleton
  SigningKeys signingKeys(Database database, KeyRings rings, InstantSource clock) {
    return new SigningKeys(database, rings, clock);
  }

  @Produces
  @Singleton
  AuditLog log(Database database, CryptoProfile profile, InstantSource clock) {
    String writer = Optional.ofNullable(System.getenv("HOSTNAME")).orElse("localhost");
    return new AuditLog(database, profile.digest(), writer, audit.patience(), clock);
  }

  @Produces
  @Singleton
  AuditReader reader(Database database) {
    return new AuditReader(database);
  }

  @Produces
  @Singleton
  Checkpoints checkpoints(
      Database database, SigningKeys keys, Audit log, CryptoProfile profile, InstantSource clock) {
    return new Checkpoints(
        database,
        keys,
        log,
        new Checkpoints.Settings(
            profile, audit.checkpointInterval(), crypto.rotation(), audit.witnessFile()),
        clock);
  }

  @Produces
  @Singleton
  HeldPrompts heldPrompts(Database database, KeyRings rings) {
    return new HeldPrompts(database, rings);
  }

  @Produces
  @Singleton
  PromptAudit promptAudit(
      HeldPrompts prompts, Audit log, Pepper pepper, BlockingWork work, InstantSource clock) {
    return new PromptAudit(prompts, log, pepper, work, clock);
  }

  @Produces
  @Singleton
  Watermark watermark(Pepper pepper) {
    return new Watermark(pepper.mac("deepseek-watermark/v1", ""));
  }
}
