package platform.deepseek.inference.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import platform.deepseek.inference.weights.CheckpointException.Code;
import platform.deepseek.inference.weights.GgufHeader.TensorInfo;

/**
 * One mapped GGUF file (little-endian, version 2 or 3): metadata and tensors, possibly quantised.
 */
public final class GgufFile implements Checkpoint {

  private static final long DEFAULT_ALIGNMENT = 32;
  private static final long LARGEST_ALIGNMENT = 1 << 20;

  private final MappedFile file;
  private final GgufMetadata metadata;
  private final Map<String, Tensor> tensors;

  private GgufFile(MappedFile file) {
    this.file = file;
    var header = GgufHeader.read(file);
    this.metadata = header.metadata();
    this.tensors = Collections.unmodifiableMap(place(header, alignment()));
  }

  /**
   * Maps a file and checks its header.
   *
   * @throws CheckpointException if the file cannot be read or is not valid
   */
  public static GgufFile open(Path path) {
    return of(MappedFile.open(path));
  }

  /** Takes over a mapped file: closes it when closed, or at once if it is not valid. */
  static GgufFile of(MappedFile file) {
    try {
      return new GgufFile(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  public GgufMetadata metadata() {
    return metadata;
  }

  /** The real file (links resolved). */
  public Path path() {
    return file.path();
  }

  @Override
  public void close() {
    file.close();
  }

  private long alignment() {
    long alignment = metadata.integer("general.alignment").orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > LARGEST_ALIGNMENT || Long.bitCount(alignment) != 1) {
      throw CheckpointException.ofFile(
          Code.MALFORMED,
          file.path(),
          0,
          "general.alignment is %d; it must be a power of two up to %d"
              .formatted(alignment, LARGEST_ALIGNMENT));
    }
    return alignment;
  }

  private Map<String, Tensor> place(GgufHeader header, long alignment) {
    long dataStart = Math.ceilDiv(header.end(), alignment) * alignment;
    var byPlace = new ArrayList<>(header.tensors().entrySet());
    byPlace.sort(Comparator.comparingLong(e -> e.getValue().offset()));
    var placed = new LinkedHashMap<String, Tensor>();
    long reached = 0;
    String before = "";
    for (var named : byPlace) {
      String name = named.getKey();
      var info = named.getValue();
      long begin = info.offset();
      if (begin < 0 || begin % alignment != 0) {
        throw fault(
            Code.MALFORMED,
            name,
            info,
            "its offset %s is not a multiple of the alignment %d"
                .formatted(Long.toUnsignedString(begin), alignment));
      }
      long bytes = bytes(name, info);
      long room = file.size() - dataStart - begin;
      if (bytes > room) {
        throw fault(
            Code.TRUNCATED,
            name,
            info,
            "takes %d bytes from offset %d, the file has %d there; download it again"
                .formatted(bytes, begin, Math.max(0, room)));
      }
      if (bytes > 0 && begin < reached) {
        throw fault(
            Code.MALFORMED,
            name,
            info,
            "overlaps " + CheckpointException.quoted(before) + " at offset " + begin);
      }
      if (bytes > 0) {
        reached = begin + bytes;
        before = name;
      }
      long offset = dataStart + begin;
      var data = file.data().asSlice(bytes == 0 ? 0 : offset, bytes);
      placed.put(name, new Tensor(name, info.dtype(), info.shape(), file.path(), offset, data));
    }
    return placed;
  }

  /** Rows are whole blocks, so that each can be read by itself. */
  private long bytes(String name, TensorInfo info) {
    var shape = info.shape();
    long columns = shape[shape.length - 1];
    if (columns % info.dtype().blockElements != 0) {
      throw fault(
          Code.MALFORMED,
          name,
          info,
          "rows of %d values are not whole %s blocks of %d"
              .formatted(columns, info.dtype(), info.dtype().blockElements));
    }
    try {
      long elements = 1;
      for (long dimension : shape) {
        elements = Math.multiplyExact(elements, dimension);
      }
      return info.dtype().bytes(elements);
    } catch (ArithmeticException e) {
      throw fault(Code.MALFORMED, name, info, "the shape's product overflows");
    }
  }

  private CheckpointException fault(Code code, String name, TensorInfo info, String what) {
    return CheckpointException.ofTensor(code, file.path(), name, info.describedAt(), what);
  }
}
