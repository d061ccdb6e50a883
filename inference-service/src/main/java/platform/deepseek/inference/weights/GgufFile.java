package platform.deepseek.inference.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import platform.deepseek.inference.weights.CheckpointException.Code;
import platform.deepseek.inference.weights.GgufHeader.TensorInfo;

/**
 * A mapped GGUF file (little-endian, version 2 or 3): metadata and tensors, possibly quantised. A
 * model of several files (NAME-00001-of-00003.gguf and so on) is opened by its first one, which has
 * the metadata, and is one file to whoever reads it.
 */
public final class GgufFile implements Checkpoint {

  private static final long DEFAULT_ALIGNMENT = 32;
  private static final long LARGEST_ALIGNMENT = 1 << 20;

  private final MappedFile file;
  private final GgufMetadata metadata;
  private final Map<String, Tensor> tensors;
  private final List<GgufFile> further;

  private GgufFile(MappedFile file) {
    this.file = file;
    var header = GgufHeader.read(file);
    this.metadata = header.metadata();
    this.tensors = Collections.unmodifiableMap(place(header, alignment()));
    this.further = List.of();
  }

  private GgufFile(GgufFile first, List<GgufFile> further, Map<String, Tensor> tensors) {
    this.file = first.file;
    this.metadata = first.metadata;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.further = further;
  }

  /**
   * Maps a file, or all files of a model, and checks their headers.
   *
   * @throws CheckpointException if one cannot be read, is not valid, or is not the first of several
   */
  public static GgufFile open(Path path) {
    GgufFile first = of(MappedFile.open(path));
    try {
      return GgufParts.of(path, first.metadata).map(parts -> joined(first, parts)).orElse(first);
    } catch (RuntimeException e) {
      first.close();
      throw e;
    }
  }

  private static GgufFile joined(GgufFile first, GgufParts parts) {
    var further = new ArrayList<GgufFile>();
    var tensors = new LinkedHashMap<>(first.tensors);
    try {
      for (Path path : parts.further()) {
        further.add(of(MappedFile.open(path)));
        for (var tensor : further.getLast().tensors.values()) {
          if (tensors.put(tensor.name(), tensor) != null) {
            throw CheckpointException.ofFile(
                Code.MALFORMED,
                path,
                tensor.offset(),
                CheckpointException.quoted(tensor.name()) + " is in another part as well");
          }
        }
      }
      parts.requireTensors(tensors.size());
      return new GgufFile(first, List.copyOf(further), tensors);
    } catch (RuntimeException e) {
      further.forEach(GgufFile::close);
      throw e;
    }
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

  /** The real file (links resolved), the first one of several. */
  public Path path() {
    return file.path();
  }

  /** All files that the model consists of. */
  public List<Path> paths() {
    return Stream.concat(Stream.of(path()), further.stream().map(GgufFile::path)).toList();
  }

  @Override
  public void close() {
    further.forEach(GgufFile::close);
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
