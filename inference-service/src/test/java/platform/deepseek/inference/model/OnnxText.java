package platform.deepseek.inference.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Renders the bytes of a ModelProto as text, one field a line, by a reader of its own: field
 * numbers and kinds are those of onnx.proto, written down here a second time on purpose.
 */
public final class OnnxText {

  private record Field(String name, String kind) {}

  private static final Map<String, Map<Integer, Field>> MESSAGES =
      Map.of(
          "Model",
          fields("1 ir_version int, 2 producer_name text, 7 graph Graph, 8 opset_import Opset"),
          "Opset",
          fields("1 domain text, 2 version int"),
          "Graph",
          fields(
              "1 node Node, 2 name text, 5 initializer Tensor, 11 input ValueInfo,"
                  + " 12 output ValueInfo"),
          "Node",
          fields(
              "1 input text, 2 output text, 3 name text, 4 op_type text, 5 attribute Attribute,"
                  + " 7 domain text"),
          "Attribute",
          fields(
              "1 name text, 2 f float, 3 i int, 4 s text, 7 floats float, 8 ints int, 20 type int"),
          "Tensor",
          fields(
              "1 dims int, 2 data_type int, 8 name text, 9 raw_data hex, 13 external_data Entry,"
                  + " 14 data_location int"),
          "Entry",
          fields("1 key text, 2 value text"),
          "ValueInfo",
          fields("1 name text, 2 type Type"),
          "Type",
          fields("1 tensor_type TensorType"),
          "TensorType",
          fields("1 elem_type int, 2 shape Shape"));

  private static final Map<String, Map<Integer, Field>> SHAPES =
      Map.of("Shape", fields("1 dim Dimension"), "Dimension", fields("1 value int, 2 param text"));

  private final StringBuilder text = new StringBuilder();

  private OnnxText() {}

  public static String of(byte[] model) {
    var rendered = new OnnxText();
    rendered.message("Model", ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN), "");
    return rendered.text.toString();
  }

  private static Map<Integer, Field> fields(String list) {
    return Arrays.stream(list.split(", "))
        .map(entry -> entry.split(" "))
        .collect(
            Collectors.toMap(
                part -> Integer.valueOf(part[0]), part -> new Field(part[1], part[2])));
  }

  private void message(String kind, ByteBuffer bytes, String indent) {
    var known = MESSAGES.getOrDefault(kind, SHAPES.get(kind));
    while (bytes.hasRemaining()) {
      int tag = (int) varint(bytes);
      var field = known.get(tag >>> 3);
      if (field == null) {
        throw new AssertionError(kind + " has no field " + (tag >>> 3));
      }
      text.append(indent).append(field.name);
      switch (field.kind) {
        case "int" -> {
          expect(tag, 0, field);
          text.append(' ').append(varint(bytes)).append('\n');
        }
        case "float" -> {
          expect(tag, 5, field);
          text.append(' ').append(bytes.getFloat()).append('\n');
        }
        case "text" -> {
          expect(tag, 2, field);
          var value = StandardCharsets.UTF_8.decode(slice(bytes));
          text.append(" '").append(value).append("'\n");
        }
        case "hex" -> {
          expect(tag, 2, field);
          var value = slice(bytes);
          text.append(' ');
          while (value.hasRemaining()) {
            text.append("%02x".formatted(value.get()));
          }
          text.append('\n');
        }
        default -> {
          expect(tag, 2, field);
          text.append('\n');
          message(field.kind, slice(bytes), indent + "  ");
        }
      }
    }
  }

  private static void expect(int tag, int wireType, Field field) {
    if ((tag & 7) != wireType) {
      throw new AssertionError(field.name + " has wire type " + (tag & 7));
    }
  }

  private static ByteBuffer slice(ByteBuffer bytes) {
    int length = (int) varint(bytes);
    var slice = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + length);
    return slice;
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
