package platform.deepseek.inference.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Addresses without memory, and pages of memory behind some of them. Every page is an allocation of
 * its own, because the driver takes a mapping back only whole.
 *
 * <p>Measured on an H200, microseconds for a page of 2 MiB: making it 12, mapping it 2, opening it
 * 28 (many pages in one call cost as much each), unmapping it 20; no call waits for a kernel that
 * runs. Some pages that were given back stay here for the next who asks, which saves the 12.
 */
final class VirtualMemory {

  /** CUmemAllocationProp: pinned memory of a device; its other fields are zero. */
  private static final long PROPERTIES_BYTES = 32;

  private static final int TYPE_PINNED = 1;
  private static final int LOCATION_DEVICE = 1;
  private static final long LOCATION_TYPE_AT = 8;
  private static final long LOCATION_ID_AT = 12;

  /** CUmemAccessDesc: a location and what may be done from there. */
  private static final long ACCESS_BYTES = 12;

  private static final int READ_AND_WRITE = 3;
  private static final int MINIMUM_GRANULARITY = 0;
  private static final int MOST_SPARE_PAGES = 64;

  private final CudaDevice device;
  private final CudaDriver driver;
  private final MemorySegment properties;
  private final MemorySegment access;
  private final MemorySegment number;
  private final long pageBytes;

  /** The allocation behind each mapped page, by the page's address. */
  private final Map<Long, Long> pages = new HashMap<>();

  private final Deque<Long> spare = new ArrayDeque<>();

  VirtualMemory(CudaDevice device, CudaDriver driver, int deviceHandle, Arena arena) {
    this.device = device;
    this.driver = driver;
    this.number = arena.allocate(JAVA_LONG);
    this.properties = arena.allocate(PROPERTIES_BYTES, Long.BYTES);
    properties.set(JAVA_INT, 0, TYPE_PINNED);
    properties.set(JAVA_INT, LOCATION_TYPE_AT, LOCATION_DEVICE);
    properties.set(JAVA_INT, LOCATION_ID_AT, deviceHandle);
    this.access = arena.allocate(ACCESS_BYTES, Integer.BYTES);
    access.setAtIndex(JAVA_INT, 0, LOCATION_DEVICE);
    access.setAtIndex(JAVA_INT, 1, deviceHandle);
    access.setAtIndex(JAVA_INT, 2, READ_AND_WRITE);
    device.call(
        "asking for the page size",
        () ->
            (int) driver.memoryGetGranularity.invokeExact(number, properties, MINIMUM_GRANULARITY));
    this.pageBytes = number.get(JAVA_LONG, 0);
  }

  long pageBytes() {
    return pageBytes;
  }

  long reserve(long bytes) {
    requirePages(0, bytes);
    device.call(
        "reserving %,d bytes of addresses".formatted(bytes),
        () -> (int) driver.addressReserve.invokeExact(number, bytes, 0L, 0L, 0L));
    return number.get(JAVA_LONG, 0);
  }

  void release(long address, long bytes) {
    device.call(
        "giving back reserved addresses",
        () -> (int) driver.addressFree.invokeExact(address, bytes));
  }

  /** Maps all or nothing. */
  void map(long address, long bytes) {
    requirePages(address, bytes);
    long mapped = address;
    try {
      for (; mapped < address + bytes; mapped += pageBytes) {
        mapPage(mapped);
      }
      device.call(
          "opening %,d bytes of pages".formatted(bytes),
          () -> (int) driver.memorySetAccess.invokeExact(address, bytes, access, 1L));
    } catch (RuntimeException | Error e) {
      if (mapped > address) {
        unmap(address, mapped - address);
      }
      throw e;
    }
  }

  private void mapPage(long address) {
    if (pages.containsKey(address)) {
      throw new IllegalStateException("the page at %#x is mapped already".formatted(address));
    }
    long page = spare.isEmpty() ? create() : spare.pop();
    try {
      device.call(
          "mapping a page",
          () -> (int) driver.memoryMap.invokeExact(address, pageBytes, 0L, page, 0L));
    } catch (RuntimeException | Error e) {
      spare.push(page);
      throw e;
    }
    pages.put(address, page);
  }

  private long create() {
    device.call(
        "allocating a page of %,d bytes on the GPU".formatted(pageBytes),
        () -> (int) driver.memoryCreate.invokeExact(number, pageBytes, properties, 0L));
    return number.get(JAVA_LONG, 0);
  }

  void unmap(long address, long bytes) {
    requirePages(address, bytes);
    for (long page = address; page < address + bytes; page += pageBytes) {
      if (!pages.containsKey(page)) {
        throw new IllegalStateException("no page is mapped at %#x".formatted(page));
      }
    }
    device.call(
        "unmapping %,d bytes of pages".formatted(bytes),
        () -> (int) driver.memoryUnmap.invokeExact(address, bytes));
    for (long page = address; page < address + bytes; page += pageBytes) {
      long handle = pages.remove(page);
      if (spare.size() < MOST_SPARE_PAGES) {
        spare.push(handle);
      } else {
        releasePage(handle);
      }
    }
  }

  /** Gives the pages back that nobody uses; returns whether there were any. */
  boolean releaseSpare() {
    boolean any = !spare.isEmpty();
    while (!spare.isEmpty()) {
      releasePage(spare.pop());
    }
    return any;
  }

  private void releasePage(long handle) {
    device.call("freeing a page", () -> (int) driver.memoryRelease.invokeExact(handle));
  }

  private void requirePages(long address, long bytes) {
    if (bytes <= 0 || address % pageBytes != 0 || bytes % pageBytes != 0) {
      throw new IllegalArgumentException(
          "%,d bytes at %#x are not whole pages of %,d".formatted(bytes, address, pageBytes));
    }
  }
}
