package platform.deepseek.inference.weights;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import platform.deepseek.inference.weights.CheckpointException.Code;
import platform.deepseek.inference.weights.SafetensorsHeader.Entry;

/**
 * One mapped safetensors file: eight bytes of header length, a JSON header, then the tensors back
 * to back. As the format demands, tensors cover the data section without holes or overlaps. Tensors
 * of older files may lie at odd addresses: read them with unaligned layouts.
 */
public final class SafetensorsFile implements Checkpoint {

  /** The limit of the format's reference implementation. */
  private static final long LONGEST_HEADER = 100_000_000;

  private static final int LENGTH_BYTES = 8;
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MappedFile file;
  private final Map<String, Tensor> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(MappedFile file) {
    this.file = file;
    long headerBytes = headerLength();
    var header = SafetensorsHeader.parse(file.path(), headerText(headerBytes), LENGTH_BYTES);
    this.metadata = Collections.unmodifiableMap(header.metadata());
    this.tensors = Collections.unmodifiableMap(place(header, LENGTH_BYTES + headerBytes));
  }

  /**
   * Maps a file and checks its header.
   *
   * @throws CheckpointException if the file cannot be read or is not valid
   */
  public static SafetensorsFile open(Path path) {
    return of(MappedFile.open(path));
  }

  /** Takes over a mapped file: closes it when closed, or at once if it is not valid. */
  static SafetensorsFile of(MappedFile file) {
    try {
      return new SafetensorsFile(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** The free-form strings of {@code __metadata__}. */
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {
    file.close();
  }

  private long headerLength() {
    if (file.size() < LENGTH_BYTES) {
      throw CheckpointException.ofFile(
          Code.TRUNCATED, file.path(), 0, "only " + file.size() + " bytes; download it again");
    }
    long length = file.data().get(LENGTH, 0);
    if (length < 0 || length > LONGEST_HEADER) {
      throw CheckpointException.ofFile(
          Code.MALFORMED,
          file.path(),
          0,
          "header of "
              + Long.toUnsignedString(length)
              + " bytes, at most "
              + LONGEST_HEADER
              + " are allowed; is this safetensors?");
    }
    if (length > file.size() - LENGTH_BYTES) {
      throw CheckpointException.ofFile(
          Code.TRUNCATED,
          file.path(),
          0,
          "header of " + length + " bytes in a file of " + file.size() + "; download it again");
    }
    return length;
  }

  private String headerText(long length) {
    try {
      return Utf8.decode(file.data().asSlice(LENGTH_BYTES, length));
    } catch (CharacterCodingException e) {
      throw CheckpointException.ofFile(
          Code.MALFORMED, file.path(), LENGTH_BYTES, "the header is not valid UTF-8", e);
    }
  }

  private Map<String, Tensor> place(SafetensorsHeader header, long dataStart) {
    long dataBytes = file.size() - dataStart;
    var byPlace = new ArrayList<>(header.entries().entrySet());
    byPlace.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long reached = 0;
    var placed = new LinkedHashMap<String, Tensor>();
    for (var named : byPlace) {
      String name = named.getKey();
      var entry = named.getValue();
      long offset = dataStart + Math.min(entry.begin(), dataBytes);
      if (entry.end() > dataBytes) {
        throw CheckpointException.ofTensor(
            Code.TRUNCATED,
            file.path(),
            name,
            offset,
            "ends at byte %d of the data, which has %d; download it again"
                .formatted(entry.end(), dataBytes));
      }
      if (entry.begin() != reached) {
        throw CheckpointException.ofTensor(
            Code.MALFORMED,
            file.path(),
            name,
            offset,
            "%s: begins at byte %d of the data, the tensor before it ends at %d"
                .formatted(entry.begin() < reached ? "overlap" : "hole", entry.begin(), reached));
      }
      long bytes = bytes(name, entry, offset);
      if (bytes != entry.end() - entry.begin()) {
        throw CheckpointException.ofTensor(
            Code.MALFORMED,
            file.path(),
            name,
            offset,
            "dtype and shape take %d bytes, data_offsets span %d"
                .formatted(bytes, entry.end() - entry.begin()));
      }
      reached = entry.end();
      var data = file.data().asSlice(offset, bytes);
      placed.put(name, new Tensor(name, entry.dtype(), entry.shape(), file.path(), offset, data));
    }
    if (reached != dataBytes) {
      throw CheckpointException.ofFile(
          Code.MALFORMED,
          file.path(),
          dataStart + reached,
          "%d bytes at the end belong to no tensor".formatted(dataBytes - reached));
    }
    return placed;
  }

  private long bytes(String name, Entry entry, long offset) {
    try {
      long elements = 1;
      for (long dimension : entry.shape()) {
        elements = Math.multiplyExact(elements, dimension);
      }
      return entry.dtype().bytes(elements);
    } catch (ArithmeticException e) {
      throw CheckpointException.ofTensor(
          Code.MALFORMED, file.path(), name, offset, "the shape's product overflows");
    }
  }
}
