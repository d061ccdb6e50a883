package platform.deepseek.cache.purge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import platform.deepseek.cache.key.CacheKey;

/**
 * What was purged, and when.
 *
 * <p>A purge deletes nothing: it is a time, and nothing that was made before it is an answer any
 * more, in whatever tier and on whatever replica it lies; expiry frees the room. So a purge of a
 * model with a million entries costs as much as one of a single key, and a replica that was away
 * learns it later and is right from then on. Times merge by taking the later one, in any order and
 * any number of times, so replicas need no agreement: each keeps all it knows in a file, and they
 * exchange them through Redis, from which a Redis that lost them gets them back.
 *
 * <p>Clocks differ: the time of a purge lies {@link #SKEW} ahead, and what is made in between is
 * not kept.
 */
public final class Purges {

  static final Duration SKEW = Duration.ofSeconds(2);

  private static final Logger LOG = Logger.getLogger(Purges.class);

  private final Path file;
  private final Duration longestLife;
  private final InstantSource clock;
  private final Map<String, Long> marks = new ConcurrentHashMap<>();
  private volatile Consumer<Purge> listener = purge -> {};

  /**
   * @param longestLife of entries: after that a purge of a key or a model has nothing left to say
   */
  public Purges(Path file, Duration longestLife, InstantSource clock) {
    this.file = file;
    this.longestLife = longestLife;
    this.clock = clock;
    load();
  }

  /** Hears of every purge that is new here, its own and those of other replicas. */
  public void listen(Consumer<Purge> wantsToKnow) {
    listener = wantsToKnow;
  }

  public void purge(Purge purge) {
    learn(Map.of(purge.text(), clock.millis() + SKEW.toMillis()));
  }

  /** When a tenant was purged last, in milliseconds; 0 for never. */
  public long tenantMillis(String tenant) {
    return millis(new Purge.Tenant(tenant));
  }

  /** Whether what was made at a time still is an answer. */
  public boolean stands(CacheKey key, String owner, String weights, long createdMillis) {
    return marks.isEmpty()
        || createdMillis > tenantMillis(owner)
            && createdMillis > millis(new Purge.Model(weights))
            && createdMillis > millis(new Purge.Key(key));
  }

  private long millis(Purge purge) {
    return marks.getOrDefault(purge.text(), 0L);
  }

  /** All that is known. */
  public Map<String, Long> known() {
    return Map.copyOf(marks);
  }

  /** Takes over what others know; tells the listener what was new. */
  public void learn(Map<String, Long> others) {
    boolean changed = false;
    for (Map.Entry<String, Long> mark : others.entrySet()) {
      Optional<Purge> purge = Purge.parse(mark.getKey());
      if (purge.isPresent() && later(mark.getKey(), mark.getValue())) {
        changed = true;
        listener.accept(purge.get());
      }
    }
    if (changed) {
      save();
    }
  }

  private boolean later(String text, long millis) {
    Long before = marks.get(text);
    marks.merge(text, millis, Math::max);
    return before == null || before < millis;
  }

  private void load() {
    try {
      if (!Files.exists(file)) {
        return;
      }
      for (String line : Files.readAllLines(file)) {
        int space = line.indexOf(' ');
        if (space > 0 && line.substring(0, space).matches("[0-9]{1,18}")) {
          marks.put(line.substring(space + 1), Long.parseLong(line.substring(0, space)));
        }
      }
    } catch (IOException e) {
      LOG.warnf("purges cannot be read from %s: %s", file, e.getMessage());
    }
  }

  private synchronized void save() {
    long oldest = clock.millis() - longestLife.toMillis();
    marks.entrySet().removeIf(mark -> mark.getValue() < oldest && !Purge.isTenant(mark.getKey()));
    StringBuilder text = new StringBuilder();
    marks.forEach((what, millis) -> text.append(millis).append(' ').append(what).append('\n'));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(fresh, text, StandardCharsets.UTF_8);
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.warnf("purges cannot be written to %s: %s", file, e.getMessage());
    }
  }
}
