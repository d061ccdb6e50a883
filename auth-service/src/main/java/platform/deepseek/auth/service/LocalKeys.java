package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.tenant.Tenant;

/** The keys of a local run: one file each, readable by its owner alone. A key that works stays. */
@Singleton
final class LocalKeys {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Keys keys;
  private final Pepper pepper;
  private final InstantSource clock;
  private final Audit audit;

  LocalKeys(Keys keys, Pepper pepper, InstantSource clock, Audit audit) {
    this.keys = keys;
    this.pepper = pepper;
    this.clock = clock;
    this.audit = audit;
  }

  void provide(Path folder, Tenant tenant) {
    try {
      Files.createDirectories(folder);
      provide(folder.resolve("api-key"), tenant, Role.DEVELOPER);
      provide(folder.resolve("admin-key"), tenant, Role.ADMIN);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the keys of a local run to " + folder, e);
    }
  }

  private void provide(Path file, Tenant tenant, Role role) throws IOException {
    if (Files.exists(file) && works(Files.readString(file, StandardCharsets.UTF_8).strip(), role)) {
      Files.setPosixFilePermissions(file, OWNER_ONLY);
      return;
    }
    KeyOrder order =
        new KeyOrder(
            tenant.id(),
            Optional.empty(),
            "local " + role.label(),
            role,
            Restrictions.NONE,
            Optional.empty());
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    IssuedKey issued = keys.issue(order);
    audit.record(
        AuditEvent.ofService(
            "keys.create", "key/" + issued.stored().id(), Map.of("file", file.toString())));
    Files.writeString(fresh, issued.key().reveal() + "\n", StandardCharsets.UTF_8);
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private boolean works(String text, Role role) {
    return ApiKey.parse(text)
        .flatMap(
            key ->
                keys.find(key.id())
                    .filter(stored -> Pepper.equal(stored.digest(), pepper.digest(key))))
        .filter(stored -> stored.role() == role)
        .filter(stored -> stored.stateAt(clock.instant()) == StoredKey.State.ACTIVE)
        .isPresent();
  }
}
