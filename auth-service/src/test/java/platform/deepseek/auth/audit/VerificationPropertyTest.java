package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.store.Engine;

/** In random books, no bit and no row changes unseen. */
class VerificationPropertyTest {

  private static final int CRIMES = 400;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void anySingleChangeIsFound(long seed) {
    Random random = new Random(seed);
    Loot loot = random(random);
    assertThat(loot.verify()).isEmpty();
    for (int i = 0; i < CRIMES; i++) {
      Loot copy = loot.copy();
      String crime = copy.commit(random);
      assertThat(copy.verify()).as("seed %d, crime %d: %s", seed, i, crime).isNotEmpty();
    }
  }

  private static Loot random(Random random) {
    try (Book book = new Book(Engine.H2);
        AuditLog other = book.another()) {
      StoredCheckpoint last = null;
      for (int round = 0; round < 6; round++) {
        for (int i = random.nextInt(5); i >= 0; i--) {
          AuditLog log = random.nextBoolean() ? book.log : other;
          log.recordFirst(Book.event("o" + random.nextInt())).join();
        }
        last = book.sign();
      }
      return new Loot(book, last);
    }
  }

  /** Everything that lay in the database, in the hands of somebody who changes it. */
  private static final class Loot implements Evidence {
    private final List<StoredCheckpoint> checkpoints = new ArrayList<>();
    private final Map<String, List<StoredEntry>> entries = new TreeMap<>();
    private final StoredCheckpoint remembered;
    private final Instant now;

    Loot(Book book, StoredCheckpoint remembered) {
      this.remembered = remembered;
      this.now = book.now();
      checkpoints.addAll(book.stored());
      for (StoredEntry entry : book.entries()) {
        entries.computeIfAbsent(entry.columns().partition(), fresh -> new ArrayList<>()).add(entry);
      }
    }

    private Loot(Loot other) {
      this.remembered = other.remembered;
      this.now = other.now;
      checkpoints.addAll(other.checkpoints);
      new HashMap<>(other.entries)
          .forEach((partition, rows) -> entries.put(partition, new ArrayList<>(rows)));
    }

    Loot copy() {
      return new Loot(this);
    }

    List<Finding> verify() {
      return new Verification(this, List.of(), List.of(remembered), now).run();
    }

    String commit(Random random) {
      List<StoredEntry> rows = anyOf(random, new ArrayList<>(entries.values()));
      int row = random.nextInt(rows.size());
      StoredEntry entry = rows.get(row);
      int number = random.nextInt(checkpoints.size());
      StoredCheckpoint checkpoint = checkpoints.get(number);
      switch (random.nextInt(8)) {
        case 0 -> {
          rows.set(
              row,
              new StoredEntry(entry.columns(), flipped(random, entry.content()), entry.hash()));
          return "bit in the content of " + entry.columns();
        }
        case 1 -> {
          rows.set(
              row,
              new StoredEntry(entry.columns(), entry.content(), flipped(random, entry.hash())));
          return "bit in the hash of " + entry.columns();
        }
        case 2 -> {
          rows.set(
              row,
              new StoredEntry(columns(random, entry.columns()), entry.content(), entry.hash()));
          return "a column of " + entry.columns();
        }
        case 3 -> {
          rows.remove(row);
          return "without " + entry.columns();
        }
        case 4 -> {
          rows.add(row, entry);
          return "twice " + entry.columns();
        }
        case 5 -> {
          checkpoints.set(
              number,
              new StoredCheckpoint(
                  checkpoint.number(),
                  flipped(random, checkpoint.content()),
                  checkpoint.signature()));
          return "bit in the content of checkpoint " + checkpoint.number();
        }
        case 6 -> {
          checkpoints.set(
              number,
              new StoredCheckpoint(
                  checkpoint.number(),
                  checkpoint.content(),
                  flipped(random, checkpoint.signature())));
          return "bit in the signature of checkpoint " + checkpoint.number();
        }
        default -> {
          checkpoints.remove(number);
          return "without checkpoint " + checkpoint.number();
        }
      }
    }

    private static <T> T anyOf(Random random, List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    private static String flipped(Random random, String text) {
      char[] characters = text.toCharArray();
      int at = random.nextInt(characters.length);
      characters[at] ^= (char) (1 << random.nextInt(7));
      return new String(characters);
    }

    private static byte[] flipped(Random random, byte[] bytes) {
      byte[] changed = bytes.clone();
      changed[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      return changed;
    }

    private static StoredEntry.Columns columns(Random random, StoredEntry.Columns c) {
      int which = random.nextInt(9);
      return new StoredEntry.Columns(
          c.partition(),
          c.sequence(),
          which == 0 ? c.time().plusNanos(1_000) : c.time(),
          which == 1 ? c.tenant() + "x" : c.tenant(),
          which == 2 ? c.user() + "x" : c.user(),
          which == 3 ? c.key() + "x" : c.key(),
          which == 4 ? c.source() + "x" : c.source(),
          which == 5 ? c.action() + "x" : c.action(),
          which == 6 ? c.object() + "x" : c.object(),
          which == 7 ? c.outcome() + "x" : c.outcome(),
          which == 8 ? c.correlation() + "x" : c.correlation());
    }

    @Override
    public void checkpoints(Consumer<StoredCheckpoint> consumer) {
      checkpoints.forEach(consumer);
    }

    @Override
    public List<String> partitions() {
      return List.copyOf(entries.keySet());
    }

    @Override
    public List<StoredEntry> entries(String partition, long from, long to, int most) {
      return entries.getOrDefault(partition, List.of()).stream()
          .filter(entry -> entry.columns().sequence() >= from)
          .filter(entry -> entry.columns().sequence() <= to)
          .toList();
    }
  }
}
