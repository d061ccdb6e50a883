package platform.deepseek.auth.audit;

import java.util.List;
import java.util.function.Consumer;

/** What is verified, wherever it lies. */
interface Evidence {

  /** All of them, by the number of their rows. */
  void checkpoints(Consumer<StoredCheckpoint> consumer);

  /** Of which there are entries. */
  List<String> partitions();

  /** At most {@code most} rows, by the number of their rows; both ends belong to it. */
  List<StoredEntry> entries(String partition, long from, long to, int most);
}
