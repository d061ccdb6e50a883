package platform.deepseek.inference.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * Parses what stands before the tensors of a GGUF file: counts, metadata, tensor descriptions.
 *
 * @param end the byte after the header
 */
record GgufHeader(GgufMetadata metadata, Map<String, TensorInfo> tensors, long end) {

  /**
   * @param shape outermost dimension first
   * @param offset bytes from the start of the data section
   * @param describedAt byte of the file where the description begins
   */
  record TensorInfo(DType dtype, long[] shape, long offset, long describedAt) {}

  private static final int MAGIC = 0x46554747;
  private static final int MOST_DIMENSIONS = 4;

  /** Key length, type and a value of one byte. */
  private static final int SMALLEST_PAIR = 8 + 4 + 1;

  /** Name length, count of dimensions, one dimension, type and offset. */
  private static final int SMALLEST_TENSOR = 8 + 4 + 8 + 4 + 8;

  static GgufHeader read(MappedFile file) {
    return new Parser(file).read();
  }

  private static final class Parser {

    private final Path path;
    private final GgufCursor cursor;

    Parser(MappedFile file) {
      this.path = file.path();
      this.cursor = new GgufCursor(file);
    }

    GgufHeader read() {
      if (cursor.readInt() != MAGIC) {
        throw fault(Code.MALFORMED, 0, "does not begin with GGUF; is this a GGUF file?");
      }
      int version = cursor.readInt();
      // Version 2 differs from 3 only in not knowing big-endian files.
      if (version != 2 && version != 3) {
        throw fault(
            Code.UNSUPPORTED,
            4,
            "GGUF version %s; supported are 2 and 3, little-endian: convert the model again"
                .formatted(Integer.toUnsignedString(version)));
      }
      long tensorCount = cursor.readCount(SMALLEST_TENSOR, "tensors");
      long pairCount = cursor.readCount(SMALLEST_PAIR, "metadata pairs");
      var entries = new LinkedHashMap<String, GgufMetadata.Entry>();
      for (long i = 0; i < pairCount; i++) {
        readPair(entries);
      }
      var tensors = new LinkedHashMap<String, TensorInfo>();
      for (long i = 0; i < tensorCount; i++) {
        readTensor(tensors);
      }
      return new GgufHeader(new GgufMetadata(path, entries), tensors, cursor.position());
    }

    private void readPair(Map<String, GgufMetadata.Entry> entries) {
      long at = cursor.position();
      String key = cursor.readString("a metadata key");
      var type = readType();
      long valueAt = cursor.position();
      if (entries.put(key, new GgufMetadata.Entry(readValue(type), valueAt)) != null) {
        throw fault(
            Code.MALFORMED, at, "metadata " + CheckpointException.quoted(key) + " appears twice");
      }
    }

    private GgufType readType() {
      long at = cursor.position();
      int number = cursor.readInt();
      var types = GgufType.values();
      if (number < 0 || number >= types.length) {
        throw fault(
            Code.MALFORMED, at, "unknown metadata type " + Integer.toUnsignedString(number));
      }
      return types[number];
    }

    private GgufValue readValue(GgufType type) {
      long at = cursor.position();
      return switch (type) {
        case UINT8 -> new GgufValue.Whole(cursor.readByte() & 0xFF);
        case INT8 -> new GgufValue.Whole(cursor.readByte());
        case UINT16 -> new GgufValue.Whole(Short.toUnsignedLong(cursor.readShort()));
        case INT16 -> new GgufValue.Whole(cursor.readShort());
        case UINT32 -> new GgufValue.Whole(Integer.toUnsignedLong(cursor.readInt()));
        case INT32 -> new GgufValue.Whole(cursor.readInt());
        case INT64 -> new GgufValue.Whole(cursor.readLong());
        case UINT64 -> {
          long number = cursor.readLong();
          if (number < 0) {
            throw fault(Code.UNSUPPORTED, at, Long.toUnsignedString(number) + " exceeds 63 bits");
          }
          yield new GgufValue.Whole(number);
        }
        case FLOAT32 -> new GgufValue.Real(Float.intBitsToFloat(cursor.readInt()));
        case FLOAT64 -> new GgufValue.Real(Double.longBitsToDouble(cursor.readLong()));
        case BOOL -> {
          int truth = cursor.readByte();
          if (truth != 0 && truth != 1) {
            throw fault(Code.MALFORMED, at, "a boolean must be 0 or 1, it is " + truth);
          }
          yield new GgufValue.Truth(truth == 1);
        }
        case STRING -> new GgufValue.Text(cursor.readString("a metadata string"));
        case ARRAY -> readArray();
      };
    }

    private GgufValue readArray() {
      long at = cursor.position();
      var type = readType();
      if (type == GgufType.ARRAY) {
        throw fault(Code.UNSUPPORTED, at, "arrays of arrays are not supported");
      }
      long count = cursor.readCount(type.bytes, "array elements");
      if (type != GgufType.STRING) {
        var data = cursor.readBytes(count * type.bytes, "an array");
        return new GgufValue.Numbers(type, Math.toIntExact(count), data);
      }
      List<String> texts = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        texts.add(cursor.readString("an array's string"));
      }
      return new GgufValue.Texts(List.copyOf(texts));
    }

    private void readTensor(Map<String, TensorInfo> tensors) {
      long at = cursor.position();
      String name = cursor.readString("a tensor name");
      int dimensions = cursor.readInt();
      if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
        throw CheckpointException.ofTensor(
            Code.MALFORMED,
            path,
            name,
            at,
            "%s dimensions, 1 to %d are allowed"
                .formatted(Integer.toUnsignedString(dimensions), MOST_DIMENSIONS));
      }
      var shape = new long[dimensions];
      for (int i = dimensions - 1; i >= 0; i--) {
        shape[i] = cursor.readLong();
        if (shape[i] < 0) {
          throw CheckpointException.ofTensor(
              Code.MALFORMED, path, name, at, "a dimension exceeds 63 bits");
        }
      }
      var dtype = dtype(name, cursor.readInt(), at);
      if (tensors.put(name, new TensorInfo(dtype, shape, cursor.readLong(), at)) != null) {
        throw CheckpointException.ofTensor(Code.MALFORMED, path, name, at, "is listed twice");
      }
    }

    /** Numbers of ggml's enumeration of types. */
    private DType dtype(String name, int number, long at) {
      return switch (number) {
        case 0 -> DType.F32;
        case 1 -> DType.F16;
        case 2 -> DType.Q4_0;
        case 3 -> DType.Q4_1;
        case 6 -> DType.Q5_0;
        case 7 -> DType.Q5_1;
        case 8 -> DType.Q8_0;
        case 12 -> DType.Q4_K;
        case 13 -> DType.Q5_K;
        case 14 -> DType.Q6_K;
        case 26 -> DType.I32;
        case 27 -> DType.I64;
        case 30 -> DType.BF16;
        default ->
            throw CheckpointException.ofTensor(
                Code.UNSUPPORTED,
                path,
                name,
                at,
                "ggml type %s is not supported%s; use a file in F32, F16, BF16, Q8_0, Q4_0, Q4_1,"
                        .formatted(Integer.toUnsignedString(number), known(number))
                    + " Q5_0, Q5_1, Q4_K, Q5_K or Q6_K");
      };
    }

    /** What files call a type that is not read here. */
    private static String known(int number) {
      return switch (number) {
        case 10 -> " (Q2_K)";
        case 11 -> " (Q3_K)";
        case 16 -> " (IQ2_XXS)";
        case 17 -> " (IQ2_XS)";
        case 18 -> " (IQ3_XXS)";
        case 19 -> " (IQ1_S)";
        case 20 -> " (IQ4_NL)";
        case 21 -> " (IQ3_S)";
        case 22 -> " (IQ2_S)";
        case 23 -> " (IQ4_XS)";
        case 29 -> " (IQ1_M)";
        case 39 -> " (MXFP4)";
        default -> "";
      };
    }

    private CheckpointException fault(Code code, long offset, String what) {
      return CheckpointException.ofFile(code, path, offset, what);
    }
  }
}
