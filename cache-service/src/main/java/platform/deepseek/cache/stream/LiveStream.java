package platform.deepseek.cache.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An answer while it is computed: all chunks so far, and its end. Whoever follows keeps a position
 * of its own and is woken when there is more, so one that reads slowly delays nobody and costs no
 * memory.
 */
public final class LiveStream {

  /**
   * @param chunks from the position that was asked for
   * @param end present when nothing follows them
   */
  public record Part(List<byte[]> chunks, Optional<End> end) {}

  private final List<byte[]> chunks = new ArrayList<>();
  private final Set<Runnable> followers = ConcurrentHashMap.newKeySet();
  private final long mostBytes;
  private long bytes;
  private End end;

  public LiveStream(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Adds a chunk; false when the stream has ended, or is too long and ends with it. */
  public boolean append(byte[] chunk) {
    boolean fits;
    synchronized (this) {
      if (end != null) {
        return false;
      }
      bytes += chunk.length;
      fits = bytes <= mostBytes;
      if (fits) {
        chunks.add(chunk);
      } else {
        end = new End.Abandoned("longer than %d bytes".formatted(mostBytes));
      }
    }
    wake();
    return fits;
  }

  /** The first end is the end. */
  public void end(End how) {
    synchronized (this) {
      if (end != null) {
        return;
      }
      end = how;
    }
    wake();
  }

  public synchronized Part from(int position) {
    return new Part(
        List.copyOf(chunks.subList(Math.min(position, chunks.size()), chunks.size())),
        Optional.ofNullable(end));
  }

  public synchronized boolean hasEnded() {
    return end != null;
  }

  public synchronized int length() {
    return chunks.size();
  }

  /**
   * @param wake called from whatever thread appends, after which {@link #from} has more
   */
  public void follow(Runnable wake) {
    followers.add(wake);
  }

  public void leave(Runnable wake) {
    followers.remove(wake);
  }

  public int followers() {
    return followers.size();
  }

  private void wake() {
    followers.forEach(Runnable::run);
  }
}
