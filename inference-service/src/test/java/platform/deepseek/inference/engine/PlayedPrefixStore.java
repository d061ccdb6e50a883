package platform.deepseek.inference.engine;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import platform.deepseek.inference.engine.prefix.BlockName;
import platform.deepseek.inference.engine.prefix.PrefixStore;

/**
 * Blocks in a map. It answers at once, or, when told to hold back, when the test lets it: then each
 * question and each block waits for its turn.
 */
final class PlayedPrefixStore implements PrefixStore {

  private record Key(String tenant, BlockName name) {}

  /** Blocks that are asked for. */
  final class Fetch implements Transfer {
    private final Deque<byte[]> coming = new ArrayDeque<>();
    private final int blockBytes;
    private final Consumer<ByteBuffer> receiver;
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final int asked;
    private boolean cancelled;

    Fetch(List<byte[]> blocks, int blockBytes, Consumer<ByteBuffer> receiver) {
      this.blockBytes = blockBytes;
      this.coming.addAll(blocks);
      this.asked = blocks.size();
      this.receiver = receiver;
    }

    /** So many more blocks come; when none is left, it ends. */
    void deliver(int count) {
      for (int i = 0; i < count && !coming.isEmpty(); i++) {
        byte[] block = coming.removeFirst();
        if (block.length != blockBytes) {
          end.completeExceptionally(new IllegalStateException("a block of another length"));
          return;
        }
        // In two pieces, as blocks are cut anywhere.
        int half = block.length / 2;
        receiver.accept(ByteBuffer.wrap(block, 0, half));
        receiver.accept(ByteBuffer.wrap(block, half, block.length - half));
      }
      if (coming.isEmpty()) {
        end.complete(null);
      }
    }

    void breakOff() {
      end.completeExceptionally(new TimeoutException("it stands still"));
    }

    int asked() {
      return asked;
    }

    boolean isCancelled() {
      return cancelled;
    }

    @Override
    public CompletableFuture<Void> end() {
      return end;
    }

    @Override
    public void cancel() {
      cancelled |= !end.isDone();
      if (cancelFailure != null) {
        throw cancelFailure;
      }
      end.completeExceptionally(new TimeoutException("cancelled"));
    }
  }

  private final Map<Key, byte[]> blocks = new HashMap<>();
  private final List<Runnable> heldLookups = new ArrayList<>();
  private final List<CompletableFuture<Boolean>> heldStores = new ArrayList<>();
  private final List<Fetch> fetches = new ArrayList<>();
  private UnaryOperator<byte[]> onTheWay = UnaryOperator.identity();
  private boolean holdsLookups;
  private boolean holdsFetches;
  private boolean holdsStores;
  private boolean available = true;
  private boolean silent;
  private RuntimeException closed;
  private RuntimeException cancelFailure;
  private Integer claimed;
  private int room = Integer.MAX_VALUE;
  private int sent = Integer.MAX_VALUE;
  private int lookups;
  private int stores;

  @Override
  public boolean isAvailable() {
    return available;
  }

  @Override
  public CompletableFuture<Integer> lookup(String tenant, List<BlockName> names) {
    lookups++;
    if (closed != null) {
      throw closed;
    }
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    Runnable answering =
        () -> {
          if (silent) {
            answer.completeExceptionally(new TimeoutException("no answer"));
          } else if (claimed != null) {
            answer.complete(claimed);
          } else {
            int known = 0;
            while (known < names.size() && blocks.containsKey(new Key(tenant, names.get(known)))) {
              known++;
            }
            answer.complete(known);
          }
        };
    if (holdsLookups) {
      heldLookups.add(answering);
    } else {
      answering.run();
    }
    return answer;
  }

  @Override
  public Transfer fetch(
      String tenant,
      List<BlockName> names,
      int blockBytes,
      Duration within,
      Consumer<ByteBuffer> receiver) {
    List<byte[]> found =
        names.stream()
            .map(name -> onTheWay.apply(blocks.get(new Key(tenant, name)).clone()))
            .toList();
    Fetch fetch = new Fetch(found.subList(0, Math.min(sent, found.size())), blockBytes, receiver);
    fetches.add(fetch);
    if (!holdsFetches) {
      fetch.deliver(found.size());
    }
    return fetch;
  }

  @Override
  public boolean hasRoom(int bytes) {
    return bytes <= room;
  }

  @Override
  public CompletableFuture<Boolean> store(String tenant, BlockName name, byte[] block) {
    stores++;
    blocks.put(new Key(tenant, name), block);
    CompletableFuture<Boolean> kept = new CompletableFuture<>();
    if (holdsStores) {
      heldStores.add(kept);
    } else {
      kept.complete(true);
    }
    return kept;
  }

  // ---- for tests

  /** From now on questions wait for {@link #answer}, and blocks for {@link Fetch#deliver}. */
  PlayedPrefixStore holdBack() {
    holdsLookups = true;
    holdsFetches = true;
    return this;
  }

  void holdStores() {
    holdsStores = true;
  }

  void endStores(boolean kept) {
    List.copyOf(heldStores).forEach(store -> store.complete(kept));
    heldStores.clear();
  }

  /** All questions so far are answered. */
  void answer() {
    List<Runnable> held = List.copyOf(heldLookups);
    heldLookups.clear();
    held.forEach(Runnable::run);
  }

  void isAvailable(boolean is) {
    available = is;
  }

  /** Questions are not answered in time from now on. */
  void fallSilent() {
    silent = true;
  }

  /** It cannot even be asked from now on. */
  void close(RuntimeException failure) {
    closed = failure;
  }

  /** Transfers cannot be cancelled from now on. */
  void failCancels(RuntimeException failure) {
    cancelFailure = failure;
  }

  /** What it says of how many blocks are there, whatever is. */
  void claims(int known) {
    claimed = known;
  }

  /** What becomes of blocks that are fetched. */
  void onTheWay(UnaryOperator<byte[]> change) {
    onTheWay = change;
  }

  /** Of what it says it has, no more blocks are sent. */
  void sends(int blocks) {
    sent = blocks;
  }

  void room(int bytes) {
    room = bytes;
  }

  /** It has forgotten everything. */
  void forget() {
    blocks.clear();
  }

  int size() {
    return blocks.size();
  }

  int lookups() {
    return lookups;
  }

  int stores() {
    return stores;
  }

  List<Fetch> fetches() {
    return fetches;
  }

  Fetch fetch() {
    return fetches.getLast();
  }
}
