package platform.deepseek.inference.engine;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import platform.deepseek.inference.engine.prefix.BlockName;
import platform.deepseek.inference.engine.prefix.PrefixStore;

/**
 * Blocks in a map, and everything about them on other threads and in its own time: an answer comes
 * at once or milliseconds later, now and then none in time, a part or a broken block.
 */
final class RestlessPrefixStore implements PrefixStore, AutoCloseable {

  private static final int MOST_MICROS = 3_000;
  private static final int ROOM = 2_000;

  private record Key(String tenant, BlockName name) {}

  private final Map<Key, byte[]> blocks = new ConcurrentHashMap<>();
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
  private final Random random;
  private int pending;

  RestlessPrefixStore(long seed) {
    random = new Random(seed);
  }

  private synchronized int dice(int bound) {
    return random.nextInt(bound);
  }

  private void soon(Runnable act) {
    var unused = threads.schedule(act, dice(MOST_MICROS), TimeUnit.MICROSECONDS);
  }

  @Override
  public boolean isAvailable() {
    return dice(50) > 0;
  }

  @Override
  public CompletableFuture<Integer> lookup(String tenant, List<BlockName> names) {
    if (dice(100) == 0) {
      throw new IllegalStateException("the store is closed");
    }
    var answer = new CompletableFuture<Integer>();
    Runnable answering =
        () -> {
          int known = 0;
          while (known < names.size() && blocks.containsKey(new Key(tenant, names.get(known)))) {
            known++;
          }
          answer.complete(dice(20) == 0 ? names.size() : known); // now and then it forgot
        };
    switch (dice(10)) {
      case 0 -> soon(() -> answer.completeExceptionally(new TimeoutException("no answer")));
      case 1 -> answering.run();
      default -> soon(answering);
    }
    return answer;
  }

  private final class Delivery implements Transfer {
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    private void bring(List<byte[]> coming, int next, Consumer<ByteBuffer> receiver) {
      if (end.isDone()) {
        return;
      }
      if (next == coming.size()) {
        end.complete(null);
        return;
      }
      if (dice(20) == 0) {
        end.completeExceptionally(new TimeoutException("it stands still"));
        return;
      }
      byte[] block = coming.get(next);
      if (dice(20) == 0) {
        block[dice(block.length)] ^= 1;
      }
      int cut = dice(block.length);
      receiver.accept(ByteBuffer.wrap(block, 0, cut));
      receiver.accept(ByteBuffer.wrap(block, cut, block.length - cut));
      soon(() -> bring(coming, next + 1, receiver));
    }

    @Override
    public CompletableFuture<Void> end() {
      return end;
    }

    @Override
    public void cancel() {
      end.completeExceptionally(new TimeoutException("cancelled"));
      if (dice(10) == 0) {
        throw new IllegalStateException("its connection is closed");
      }
    }
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
            .map(name -> blocks.get(new Key(tenant, name)))
            .takeWhile(block -> block != null)
            .map(byte[]::clone)
            .toList();
    var delivery = new Delivery();
    soon(() -> delivery.bring(found, 0, receiver));
    return delivery;
  }

  @Override
  public synchronized boolean hasRoom(int bytes) {
    return pending == 0 || pending + bytes <= ROOM;
  }

  private synchronized void pending(int more) {
    pending += more;
  }

  @Override
  public CompletableFuture<Boolean> store(String tenant, BlockName name, byte[] block) {
    var kept = new CompletableFuture<Boolean>();
    pending(block.length);
    soon(
        () -> {
          pending(-block.length);
          switch (dice(10)) {
            case 0 -> kept.complete(false);
            case 1 -> kept.completeExceptionally(new TimeoutException("it stands still"));
            default -> {
              blocks.put(new Key(tenant, name), block);
              kept.complete(true);
            }
          }
        });
    return kept;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
