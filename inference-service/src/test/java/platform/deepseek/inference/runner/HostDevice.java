package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.CudaFaults;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.DeviceGraph;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.cuda.Mark;
import platform.deepseek.inference.ort.ExecutionProvider;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtSession;

/**
 * A device that is the processor: addresses are its own, and queued work is done at once. Kernels
 * are {@link ReferenceKernel}s, found by their names whatever text is loaded.
 */
public final class HostDevice implements Device {

  private static final long ALIGNMENT = 256;

  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final Map<Long, Arena> allocations = new HashMap<>();
  private final Map<Long, Long> sizes = new HashMap<>();
  private final HostPages pages = new HostPages();
  private final Map<String, Long> handles = new HashMap<>();
  private final List<ReferenceKernel> kernels = new ArrayList<>();
  private int computeCapability;
  private boolean marksAreReached = true;
  private final Set<HostMark> marks = new HashSet<>();
  private int awaited;
  private int openModules;
  private int openGraphs;
  private boolean captureFails;
  private boolean lost;
  private long allocationLimit = Long.MAX_VALUE;

  /** As an H100 has. */
  private int mostSharedMemory = 227 << 10;

  private int launchedGraphs;
  private final Map<String, Integer> launches = new HashMap<>();
  private boolean closed;

  /** Adds a kernel; returns this device. */
  public HostDevice with(String name, ReferenceKernel kernel) {
    handles.put(name, (long) kernels.size());
    kernels.add(kernel);
    return this;
  }

  /** From here on it is such a device; before, one without any special kernel. */
  HostDevice computeCapability(int capability) {
    computeCapability = capability;
    return this;
  }

  /** Whether marks set from here on are reached at once, or when somebody waits for them. */
  void marksAreReached(boolean atOnce) {
    marksAreReached = atOnce;
  }

  /** All marks that were set are reached now. */
  void reachMarks() {
    marks.forEach(mark -> mark.reached = true);
  }

  /** How often somebody waited for a mark that was not reached. */
  int awaited() {
    return awaited;
  }

  /** From here on mapping more than so many bytes fails as a device without memory does. */
  void mappedLimit(long bytes) {
    pages.limit(bytes);
  }

  /** From here on allocating more than so many bytes at once fails likewise. */
  void allocationLimit(long bytes) {
    allocationLimit = bytes;
  }

  /** Whether memory begins here that is not given back. */
  boolean isAllocated(long address) {
    return allocations.containsKey(address);
  }

  /** From here on what is queued is told that the device is lost. */
  void lose() {
    lost = true;
  }

  long mappedBytes() {
    return pages.mappedBytes();
  }

  /** Reserved stretches that were not given back. */
  int reservations() {
    return pages.stretches();
  }

  /** Marks, modules and graphs that were not closed. */
  int open() {
    return marks.size() + openModules + openGraphs;
  }

  /** The processor as a runner's accelerator. */
  public Accelerator accelerator() {
    return new Accelerator(
        this,
        OrtMemory.CPU,
        ExecutionProvider.CPU,
        (model, domain) -> OrtSession.load(model, domain, Map.of(), 2, Map.of()));
  }

  /** From here on recordings fail as on a device without memory. */
  void captureFails() {
    captureFails = true;
  }

  /** How much shared memory a block can have from here on; returns this device. */
  HostDevice mostSharedMemory(int bytes) {
    mostSharedMemory = bytes;
    return this;
  }

  /** How often a kernel was launched. */
  int launches(String kernel) {
    return launches.getOrDefault(kernel, 0);
  }

  int launchedGraphs() {
    return launchedGraphs;
  }

  /** Bytes of all allocations. */
  long allocatedBytes() {
    return sizes.values().stream().mapToLong(bytes -> bytes).sum();
  }

  int allocations() {
    return allocations.size();
  }

  public boolean closed() {
    return closed;
  }

  static MemorySegment memory(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }

  @Override
  public String name() {
    return "host";
  }

  @Override
  public long freeMemory() {
    return totalMemory();
  }

  @Override
  public long totalMemory() {
    return 8L << 30;
  }

  @Override
  public long allocate(long bytes) {
    if (bytes > allocationLimit) {
      throw CudaException.ofMemory("%,d bytes".formatted(bytes));
    }
    Arena arena = Arena.ofShared();
    long address = arena.allocate(bytes, ALIGNMENT).fill((byte) 0xFF).address();
    allocations.put(address, arena);
    sizes.put(address, bytes);
    return address;
  }

  @Override
  public void free(long address) {
    sizes.remove(address);
    allocations.remove(address).close();
  }

  @Override
  public MemorySegment pinned(Arena arena, long bytes) {
    return arena.allocate(bytes, ALIGNMENT);
  }

  @Override
  public void upload(long to, MemorySegment from) {
    pages.requireMapped(to, from.byteSize());
    memory(to, from.byteSize()).copyFrom(from);
  }

  @Override
  public void download(MemorySegment to, long from) {
    pages.requireMapped(from, to.byteSize());
    to.copyFrom(memory(from, to.byteSize()));
  }

  @Override
  public void copy(long to, long from, long bytes) {
    pages.requireMapped(from, bytes);
    pages.requireMapped(to, bytes);
    memory(to, bytes).copyFrom(memory(from, bytes));
  }

  @Override
  public void clear(long at, long bytes) {
    if (lost) {
      throw CudaFaults.illegalAddress();
    }
    pages.requireMapped(at, bytes);
    memory(at, bytes).fill((byte) 0);
  }

  @Override
  public void clearRows(long at, long pitch, long width, long rows) {
    for (long row = 0; row < rows; row++) {
      clear(at + row * pitch, width);
    }
  }

  @Override
  public KernelModule load(String ptx) {
    openModules++;
    return new KernelModule() {
      @Override
      public Kernel kernel(String name) {
        Long handle = handles.get(name);
        if (handle == null) {
          throw new IllegalArgumentException("no reference kernel is named " + name);
        }
        return new Kernel(name, handle, Kernel.UNKNOWN);
      }

      @Override
      public void close() {
        openModules--;
      }
    };
  }

  @Override
  public void launch(Kernel kernel, Grid grid, long... arguments) {
    kernel.requireArguments(arguments.length);
    launches.merge(kernel.name(), 1, Integer::sum);
    kernels.get((int) kernel.handle()).run(grid, arguments);
  }

  @Override
  public DeviceGraph capture(Runnable work) {
    if (captureFails) {
      throw CudaException.ofMemory("a graph takes memory");
    }
    openGraphs++;
    return new DeviceGraph() {
      @Override
      public void launch() {
        launchedGraphs++;
        work.run();
      }

      @Override
      public void close() {
        openGraphs--;
      }
    };
  }

  @Override
  public Mark mark() {
    HostMark mark = new HostMark();
    marks.add(mark);
    return mark;
  }

  private final class HostMark implements Mark {
    private boolean reached = true;

    @Override
    public void record() {
      reached = marksAreReached;
    }

    @Override
    public void await() {
      awaited += reached ? 0 : 1;
      reached = true;
    }

    @Override
    public boolean reached() {
      return reached;
    }

    @Override
    public void close() {
      marks.remove(this);
    }
  }

  @Override
  public int computeCapability() {
    return computeCapability;
  }

  @Override
  public int multiprocessors() {
    return 1;
  }

  @Override
  public int mostSharedMemory() {
    return mostSharedMemory;
  }

  @Override
  public boolean overlapsKernels() {
    return false;
  }

  @Override
  public long pageBytes() {
    return HostPages.PAGE_BYTES;
  }

  @Override
  public long reserve(long bytes) {
    return pages.reserve(bytes);
  }

  @Override
  public void release(long address, long bytes) {
    pages.release(address, bytes);
  }

  @Override
  public void map(long address, long bytes) {
    pages.map(address, bytes);
  }

  @Override
  public void unmap(long address, long bytes) {
    pages.unmap(address, bytes);
  }

  @Override
  public void synchronize() {
    // Nothing is ever under way.
  }

  @Override
  public long stream() {
    return 0;
  }

  @Override
  public void close() {
    closed = true;
  }
}
