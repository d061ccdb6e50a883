package platform.deepseek.inference.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * The key-value pairs of a GGUF file. A getter gives nothing where the key is absent and throws
 * {@link CheckpointException} where the value is of another kind. Arrays of numbers stay in the
 * mapped file until they are asked for, so they need the file to be open.
 */
public final class GgufMetadata {

  /** A metadata value and the byte of the file where it begins. */
  record Entry(GgufValue value, long offset) {}

  private final Path file;
  private final Map<String, Entry> entries;

  GgufMetadata(Path file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  public Set<String> keys() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  public Optional<String> string(String key) {
    return find(key)
        .map(
            entry ->
                switch (entry.value) {
                  case GgufValue.Text(String text) -> text;
                  case GgufValue other -> throw wrong(key, entry, "a string");
                });
  }

  /** An integer of any width. */
  public Optional<Long> integer(String key) {
    return find(key)
        .map(
            entry ->
                switch (entry.value) {
                  case GgufValue.Whole(long number) -> number;
                  case GgufValue other -> throw wrong(key, entry, "an integer");
                });
  }

  /** A floating-point number, or an integer as one. */
  public Optional<Double> number(String key) {
    return find(key)
        .map(
            entry ->
                switch (entry.value) {
                  case GgufValue.Real(double number) -> number;
                  case GgufValue.Whole(long number) -> (double) number;
                  case GgufValue other -> throw wrong(key, entry, "a number");
                });
  }

  public Optional<Boolean> bool(String key) {
    return find(key)
        .map(
            entry ->
                switch (entry.value) {
                  case GgufValue.Truth(boolean truth) -> truth;
                  case GgufValue other -> throw wrong(key, entry, "a boolean");
                });
  }

  public Optional<List<String>> strings(String key) {
    return find(key)
        .map(
            entry ->
                switch (entry.value) {
                  case GgufValue.Texts(List<String> texts) -> texts;
                  case GgufValue other -> throw wrong(key, entry, "an array of strings");
                });
  }

  /** An array of integers of any width. */
  public Optional<long[]> integers(String key) {
    return find(key)
        .map(
            entry -> {
              if (entry.value instanceof GgufValue.Numbers numbers && numbers.type().whole()) {
                var values = new long[numbers.count()];
                for (int i = 0; i < values.length; i++) {
                  values[i] = whole(numbers, i);
                }
                return values;
              }
              throw wrong(key, entry, "an array of integers");
            });
  }

  /** An array of floating-point numbers. */
  public Optional<double[]> numbers(String key) {
    return find(key)
        .map(
            entry -> {
              if (entry.value instanceof GgufValue.Numbers numbers
                  && (numbers.type() == GgufType.FLOAT32 || numbers.type() == GgufType.FLOAT64)) {
                var values = new double[numbers.count()];
                for (int i = 0; i < values.length; i++) {
                  values[i] = real(numbers, i);
                }
                return values;
              }
              throw wrong(key, entry, "an array of floating-point numbers");
            });
  }

  /** The error for a key that a reader of this file cannot do without. */
  public CheckpointException missing(String key) {
    return CheckpointException.ofFile(
        Code.MISSING, file, 0, "the metadata has no " + key + "; convert the model again");
  }

  private Optional<Entry> find(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  private CheckpointException wrong(String key, Entry entry, String wanted) {
    return CheckpointException.ofFile(
        Code.MALFORMED,
        file,
        entry.offset,
        "metadata %s must be %s, it is %s"
            .formatted(CheckpointException.quoted(key), wanted, entry.value.kind()));
  }

  private static long whole(GgufValue.Numbers numbers, int index) {
    MemorySegment data = numbers.data();
    long at = (long) index * numbers.type().bytes;
    return switch (numbers.type()) {
      case UINT8 -> Byte.toUnsignedLong(data.get(ValueLayout.JAVA_BYTE, at));
      case INT8 -> data.get(ValueLayout.JAVA_BYTE, at);
      case UINT16 -> Short.toUnsignedLong(data.get(little(ValueLayout.JAVA_SHORT_UNALIGNED), at));
      case INT16 -> data.get(little(ValueLayout.JAVA_SHORT_UNALIGNED), at);
      case UINT32 -> Integer.toUnsignedLong(data.get(little(ValueLayout.JAVA_INT_UNALIGNED), at));
      case INT32 -> data.get(little(ValueLayout.JAVA_INT_UNALIGNED), at);
      case UINT64, INT64 -> data.get(little(ValueLayout.JAVA_LONG_UNALIGNED), at);
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY ->
          throw new IllegalArgumentException(numbers.type() + " is not an integer");
    };
  }

  private static double real(GgufValue.Numbers numbers, int index) {
    long at = (long) index * numbers.type().bytes;
    return numbers.type() == GgufType.FLOAT32
        ? numbers.data().get(little(ValueLayout.JAVA_FLOAT_UNALIGNED), at)
        : numbers.data().get(little(ValueLayout.JAVA_DOUBLE_UNALIGNED), at);
  }

  @SuppressWarnings("unchecked") // withOrder keeps the kind of layout
  private static <L extends ValueLayout> L little(L layout) {
    return (L) layout.withOrder(ByteOrder.LITTLE_ENDIAN);
  }
}
