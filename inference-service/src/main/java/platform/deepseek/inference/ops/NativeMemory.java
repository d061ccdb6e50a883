package platform.deepseek.inference.ops;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory straight from the system (POSIX mmap): pages that cost nothing until they are written and
 * can be given back, and pages that hold code.
 */
final class NativeMemory {

  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;
  private static final long PAGE = 4096;

  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MADVISE =
      function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private NativeMemory() {}

  /** Address space of zeroes; a page becomes memory when it is first written. */
  static MemorySegment reserve(long bytes) {
    long size = roundUp(bytes);
    try {
      var address =
          (MemorySegment)
              MMAP.invokeExact(
                  MemorySegment.NULL,
                  size,
                  PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1,
                  0L);
      if (address.address() == -1L) {
        throw new OutOfMemoryError(
            "the system refused %,d bytes of address space; lower CONTEXT or MAX_BATCH_SIZE"
                .formatted(size));
      }
      return address.reinterpret(size);
    } catch (Throwable t) {
      throw impossible(t);
    }
  }

  /** Asks for large pages, which make long streaming reads cheaper; best effort. */
  static void preferHugePages(MemorySegment segment) {
    advise(segment, MADV_HUGEPAGE);
  }

  /** Gives the whole pages inside the segment back; they read as zero afterwards. */
  static void giveBack(MemorySegment segment) {
    long start = roundUp(segment.address());
    long end = (segment.address() + segment.byteSize()) / PAGE * PAGE;
    if (end > start) {
      advise(MemorySegment.ofAddress(start).reinterpret(end - start), MADV_DONTNEED);
    }
  }

  static void free(MemorySegment segment) {
    try {
      int ignoredForValidRanges = (int) MUNMAP.invokeExact(segment, segment.byteSize());
      assert ignoredForValidRanges == 0;
    } catch (Throwable t) {
      throw impossible(t);
    }
  }

  /** Places machine code in memory that can be executed and no longer written. */
  static MemorySegment executable(byte[] code) {
    MemorySegment segment = reserve(code.length);
    MemorySegment.copy(code, 0, segment, ValueLayout.JAVA_BYTE, 0, code.length);
    try {
      int status = (int) MPROTECT.invokeExact(segment, segment.byteSize(), PROT_READ | PROT_EXEC);
      if (status != 0) {
        throw new IllegalStateException(
            "the system forbids executable memory (mprotect failed); "
                + "set deepseek.portable-kernels=true to run without assembled kernels");
      }
      return segment;
    } catch (Throwable t) {
      throw impossible(t);
    }
  }

  private static void advise(MemorySegment segment, int advice) {
    try {
      int ignored = (int) MADVISE.invokeExact(segment, segment.byteSize(), advice);
    } catch (Throwable t) {
      throw impossible(t);
    }
  }

  /** To whole pages. */
  static long roundUp(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }

  private static RuntimeException impossible(Throwable t) {
    if (t instanceof RuntimeException e) {
      throw e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    throw new AssertionError(t);
  }
}
