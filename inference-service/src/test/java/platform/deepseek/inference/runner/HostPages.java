package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.cuda.CudaException;

/**
 * Reserved and mapped memory on the host. All reserved memory is there; what is checked is that it
 * is mapped and unmapped as a device demands it, within a limit.
 */
final class HostPages {

  /** Small, so that tests with small models have several. */
  static final long PAGE_BYTES = 4096;

  /** A stretch of reserved addresses. */
  private record Stretch(Arena arena, long bytes) {}

  private final Map<Long, Stretch> reserved = new HashMap<>();
  private final Set<Long> mapped = new HashSet<>();

  /** Bytes of each call of map, by its address: they go together. */
  private final Map<Long, Long> extents = new HashMap<>();

  private long limit = Long.MAX_VALUE;

  long reserve(long bytes) {
    requirePages(0, bytes);
    Arena arena = Arena.ofShared();
    long address = arena.allocate(bytes, PAGE_BYTES).fill((byte) 0xFF).address();
    reserved.put(address, new Stretch(arena, bytes));
    return address;
  }

  void release(long address, long bytes) {
    Stretch stretch = reserved.get(address);
    if (stretch == null || stretch.bytes != bytes) {
      throw new IllegalStateException(
          "%,d bytes at %#x are not reserved".formatted(bytes, address));
    }
    for (long page = address; page < address + bytes; page += PAGE_BYTES) {
      if (mapped.contains(page)) {
        throw new IllegalStateException("the page at %#x is still mapped".formatted(page));
      }
    }
    reserved.remove(address).arena.close();
  }

  void map(long address, long bytes) {
    requirePages(address, bytes);
    requireReserved(address, bytes);
    for (long page = address; page < address + bytes; page += PAGE_BYTES) {
      if (mapped.contains(page)) {
        throw new IllegalStateException("the page at %#x is mapped already".formatted(page));
      }
    }
    if (mappedBytes() + bytes > limit) {
      throw CudaException.ofMemory(
          "mapping %,d bytes: %,d are mapped and the limit is %,d"
              .formatted(bytes, mappedBytes(), limit));
    }
    for (long page = address; page < address + bytes; page += PAGE_BYTES) {
      mapped.add(page);
    }
    extents.put(address, bytes);
    HostDevice.memory(address, bytes).fill((byte) 0xFF);
  }

  void unmap(long address, long bytes) {
    requirePages(address, bytes);
    if (!Long.valueOf(bytes).equals(extents.remove(address))) {
      throw new IllegalStateException(
          "no page is mapped at %#x with %,d bytes in one".formatted(address, bytes));
    }
    for (long page = address; page < address + bytes; page += PAGE_BYTES) {
      if (!mapped.remove(page)) {
        throw new IllegalStateException("no page is mapped at %#x".formatted(page));
      }
    }
    HostDevice.memory(address, bytes).fill((byte) 0xFF);
  }

  long mappedBytes() {
    return mapped.size() * PAGE_BYTES;
  }

  int stretches() {
    return reserved.size();
  }

  void limit(long bytes) {
    limit = bytes;
  }

  /** Whether a copy may touch these bytes: they lie outside of reserved stretches or are mapped. */
  void requireMapped(long address, long bytes) {
    for (Map.Entry<Long, Stretch> stretch : reserved.entrySet()) {
      long from = Math.max(address, stretch.getKey());
      long to = Math.min(address + bytes, stretch.getKey() + stretch.getValue().bytes);
      for (long page = from / PAGE_BYTES * PAGE_BYTES; page < to; page += PAGE_BYTES) {
        if (!mapped.contains(page)) {
          throw new IllegalStateException("a copy touches the unmapped page %#x".formatted(page));
        }
      }
    }
  }

  private void requireReserved(long address, long bytes) {
    boolean within =
        reserved.entrySet().stream()
            .anyMatch(
                stretch ->
                    stretch.getKey() <= address
                        && address + bytes <= stretch.getKey() + stretch.getValue().bytes);
    if (!within) {
      throw new IllegalStateException(
          "%,d bytes at %#x are not reserved".formatted(bytes, address));
    }
  }

  private static void requirePages(long address, long bytes) {
    if (bytes <= 0 || address % PAGE_BYTES != 0 || bytes % PAGE_BYTES != 0) {
      throw new IllegalArgumentException(
          "%,d bytes at %#x are not whole pages of %,d".formatted(bytes, address, PAGE_BYTES));
    }
  }
}
