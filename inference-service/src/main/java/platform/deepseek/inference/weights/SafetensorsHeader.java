package platform.deepseek.inference.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * Reads the JSON header of a safetensors file token by token: nothing is built but the entries, so
 * a hostile header costs no more memory than its own size justifies.
 */
final class SafetensorsHeader {

  /** Where a tensor lies, in bytes from the start of the data section. */
  record Entry(DType dtype, long[] shape, long begin, long end) {}

  private static final int LONGEST_SHAPE = 16;

  // Names are used once: a symbol table would only be a target for colliding hashes.
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).build())
          .build();

  private final Path file;
  private final String text;
  private final long start;
  private final JsonParser parser;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private SafetensorsHeader(Path file, String text, long start) throws IOException {
    this.file = file;
    this.text = text;
    this.start = start;
    this.parser = JSON.createParser(text);
  }

  /**
   * @param start byte of the file where the header begins, for error messages
   */
  static SafetensorsHeader parse(Path file, String text, long start) {
    if (!text.startsWith("{")) {
      throw CheckpointException.ofFile(
          Code.MALFORMED, file, start, "the header must begin with '{'; is this safetensors?");
    }
    try {
      var header = new SafetensorsHeader(file, text, start);
      try (header.parser) {
        header.readAll();
      } catch (IOException e) {
        // Jackson's own text may quote the file at length; its first line says enough.
        String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        throw header.malformed(null, "the header is not valid JSON: " + why);
      }
      return header;
    } catch (IOException e) {
      throw CheckpointException.ofFile(Code.MALFORMED, file, start, "the header is not JSON", e);
    }
  }

  Map<String, Entry> entries() {
    return entries;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  private void readAll() throws IOException {
    expect(JsonToken.START_OBJECT, null, "an object");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (name.equals("__metadata__")) {
        readMetadata();
      } else if (entries.put(name, readEntry(name)) != null) {
        throw malformed(name, "is listed twice");
      }
    }
    if (parser.nextToken() != null) {
      throw malformed(null, "something follows the header's closing brace");
    }
  }

  private void readMetadata() throws IOException {
    expect(JsonToken.START_OBJECT, null, "an object of strings as __metadata__");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      expect(JsonToken.VALUE_STRING, null, "a string as value in __metadata__");
      if (metadata.put(key, parser.getText()) != null) {
        throw malformed(null, "__metadata__ lists " + CheckpointException.quoted(key) + " twice");
      }
    }
  }

  private Entry readEntry(String name) throws IOException {
    expect(JsonToken.START_OBJECT, name, "an object with dtype, shape and data_offsets");
    DType dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      switch (field) {
        case "dtype" -> dtype = once(dtype, readDtype(name), name, field);
        case "shape" -> shape = once(shape, readNumbers(name, field), name, field);
        case "data_offsets" -> offsets = once(offsets, readNumbers(name, field), name, field);
        default ->
            throw malformed(name, "has the unknown field " + CheckpointException.quoted(field));
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw malformed(name, "needs dtype, shape and data_offsets");
    }
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw malformed(name, "data_offsets must be [begin, end]: " + Arrays.toString(offsets));
    }
    return new Entry(dtype, shape, offsets[0], offsets[1]);
  }

  private DType readDtype(String name) throws IOException {
    expect(JsonToken.VALUE_STRING, name, "a string as dtype");
    return switch (parser.getText()) {
      case "F32" -> DType.F32;
      case "F16" -> DType.F16;
      case "BF16" -> DType.BF16;
      case "I32" -> DType.I32;
      case "I64" -> DType.I64;
      case "U8" -> DType.U8;
      case "F8_E4M3" -> DType.F8_E4M3;
      default ->
          throw CheckpointException.ofTensor(
              Code.UNSUPPORTED,
              file,
              name,
              position(),
              "dtype "
                  + CheckpointException.quoted(parser.getText())
                  + " is not supported; convert to one of F32, F16, BF16, F8_E4M3, I32, I64, U8");
    };
  }

  private long[] readNumbers(String name, String field) throws IOException {
    expect(JsonToken.START_ARRAY, name, "an array as " + field);
    var numbers = new long[LONGEST_SHAPE];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw malformed(name, field + " must hold integers");
      }
      long number = parser.getLongValue();
      if (number < 0) {
        throw malformed(name, field + " holds the negative number " + number);
      }
      if (count == LONGEST_SHAPE) {
        throw malformed(name, field + " holds more than " + LONGEST_SHAPE + " numbers");
      }
      numbers[count++] = number;
    }
    return Arrays.copyOf(numbers, count);
  }

  private <T> T once(T before, T now, String name, String field) {
    if (before != null) {
      throw malformed(name, "gives " + field + " twice");
    }
    return now;
  }

  private void expect(JsonToken token, String name, String what) throws IOException {
    if (parser.nextToken() != token) {
      throw malformed(name, "expected " + what);
    }
  }

  private CheckpointException malformed(String tensor, String what) {
    return tensor == null
        ? CheckpointException.ofFile(Code.MALFORMED, file, position(), what)
        : CheckpointException.ofTensor(Code.MALFORMED, file, tensor, position(), what);
  }

  private long position() {
    int characters = Math.clamp(parser.currentLocation().getCharOffset(), 0, text.length());
    return start + text.substring(0, characters).getBytes(StandardCharsets.UTF_8).length;
  }
}
