package platform.deepseek.auth.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The whole book as lines of JSON, to be verified elsewhere: checkpoints as witnesses keep them,
 * and entries with their hashes. It is held in memory.
 */
final class Export implements Evidence {

  private static final int PAGE = 1_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<StoredCheckpoint> checkpoints = new ArrayList<>();
  private final Map<String, List<StoredEntry>> entries = new TreeMap<>();

  /**
   * @throws IllegalArgumentException names the line that cannot be read
   */
  static Export read(Stream<String> lines) {
    Export export = new Export();
    int[] number = {0};
    lines.forEach(
        line -> {
          number[0]++;
          try {
            export.add(line);
          } catch (IllegalArgumentException | JsonProcessingException e) {
            throw new IllegalArgumentException(
                "line %d of the export is neither a checkpoint nor an entry".formatted(number[0]),
                e);
          }
        });
    export.checkpoints.sort((one, other) -> Long.compare(one.number(), other.number()));
    return export;
  }

  /** Writes the lines. */
  static void write(Evidence evidence, Consumer<String> lines) {
    evidence.checkpoints(stored -> lines.accept(stored.line()));
    for (String partition : evidence.partitions()) {
      long from = Long.MIN_VALUE;
      List<StoredEntry> page;
      do {
        page = evidence.entries(partition, from, Long.MAX_VALUE, PAGE);
        page.forEach(entry -> lines.accept(line(entry)));
        from = page.isEmpty() ? from : page.getLast().columns().sequence() + 1;
      } while (page.size() >= PAGE);
    }
  }

  static String line(StoredEntry entry) {
    return CanonicalJson.of(
        Map.of("entry", entry.content(), "hash", HexFormat.of().formatHex(entry.hash())));
  }

  private void add(String line) throws JsonProcessingException {
    JsonNode json = JSON.readTree(line);
    if (json.has("checkpoint")) {
      checkpoints.add(StoredCheckpoint.parse(line));
      return;
    }
    String content = json.path("entry").asText();
    StoredEntry.Columns columns = StoredEntry.Columns.of(Entry.parse(content));
    byte[] hash = HexFormat.of().parseHex(json.path("hash").asText());
    List<StoredEntry> partition =
        entries.computeIfAbsent(columns.partition(), fresh -> new ArrayList<>());
    if (!partition.isEmpty() && partition.getLast().columns().sequence() > columns.sequence()) {
      throw new IllegalArgumentException("entries are not in their order");
    }
    partition.add(new StoredEntry(columns, content, hash));
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
    List<StoredEntry> page = new ArrayList<>();
    for (StoredEntry entry : entries.getOrDefault(partition, List.of())) {
      long number = entry.columns().sequence();
      boolean isFull = page.size() >= most && number != page.getLast().columns().sequence();
      if (number >= from && number <= to && !isFull) {
        page.add(entry);
      }
    }
    return page;
  }
}
