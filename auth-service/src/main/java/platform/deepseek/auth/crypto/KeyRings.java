package platform.deepseek.auth.crypto;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import platform.deepseek.auth.store.Database;

/**
 * All rings of data keys, by name: one for each thing that must be able to be forgotten by itself,
 * such as {@code tenant/ID}. Data keys are made when they are first needed, wrapped by the master
 * key in the database, replaced when they are older than the rotation, and kept for opening.
 */
public final class KeyRings {

  private final DataKeys keys;
  private final Map<String, KeyRing> rings = new ConcurrentHashMap<>();

  /**
   * @param rotation after which new things are sealed with a new key
   */
  public KeyRings(
      Database database,
      MasterKey master,
      CryptoProfile profile,
      Duration rotation,
      InstantSource clock) {
    this.keys = new DataKeys(database, master, profile.cipher(), rotation, clock);
  }

  /**
   * @param name at most 100 characters
   */
  public KeyRing ring(String name) {
    return rings.computeIfAbsent(name, fresh -> new KeyRing(fresh, keys));
  }

  /** Whether what is in the database can be opened: false with another master key. */
  public boolean areOurs() {
    return keys.areOurs();
  }

  /**
   * @param listener told the ring and the id of every data key that is made here
   */
  public void listen(BiConsumer<String, UUID> listener) {
    keys.listen(listener);
  }

  /** Makes the ring's next key now, whatever the age of the one before. */
  public void rotate(String name) {
    keys.rotate(name);
  }

  /**
   * Deletes data keys of a ring that have not sealed for a day, but for these.
   *
   * @return how many there were
   */
  int forget(String name, Set<UUID> used) {
    return keys.forget(name, used);
  }

  /**
   * Deletes all data keys of a ring: whatever was sealed with them can be opened by nobody any
   * more, here at once and by other replicas within ten seconds. Backups of the database have to be
   * forgotten as well.
   *
   * @return how many keys there were
   */
  public int shred(String name) {
    return keys.shred(name);
  }
}
