package platform.deepseek.inference.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Builds an ONNX model without a protobuf library: nodes, inputs, outputs and initializers, written
 * as ModelProto (onnx.proto, IR version 10).
 *
 * <p>The whole message stays below protobuf's 2 GiB because no matrix is in it: external data stays
 * in the checkpoint and the model only says file, offset and length; other matrices are handed to
 * the session or to the operators as memory. Mistakes that ONNX Runtime would report as an
 * unhelpful parse error (a name defined twice, an input that nobody makes, a constant of the wrong
 * length) are refused here, with the name.
 */
public final class OnnxGraph {

  /** Domain of ONNX Runtime's own contributed operators. */
  public static final String MICROSOFT = "com.microsoft";

  /** Domain of this project's operators. */
  public static final String DEEPSEEK = "deepseek";

  private static final int IR_VERSION = 10;
  private static final int ONNX_OPSET = 21;
  private static final int EXTERNAL = 1;

  private final String name;
  private final Map<String, Integer> opsets = new LinkedHashMap<>();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final List<ProtobufWriter> initializers = new ArrayList<>();
  private final List<ProtobufWriter> inputs = new ArrayList<>();
  private final Map<String, ProtobufWriter> outputs = new LinkedHashMap<>();
  private final Set<String> defined = new HashSet<>();

  public OnnxGraph(String name) {
    this.name = name;
    opsets.put("", ONNX_OPSET);
    opsets.put(MICROSOFT, 1);
    opsets.put(DEEPSEEK, 1);
  }

  /** Adds an operator of ONNX itself; an empty input name leaves an optional input out. */
  public OnnxNode node(String operator, List<String> inputs, List<String> outputs) {
    return node(operator, "", inputs, outputs);
  }

  /** Adds an operator of another domain. Nodes must come after those that make their inputs. */
  public OnnxNode node(String operator, String domain, List<String> inputs, List<String> outputs) {
    if (!opsets.containsKey(domain)) {
      throw new IllegalArgumentException(
          "%s is of domain %s; known are %s".formatted(operator, domain, opsets.keySet()));
    }
    for (var input : inputs) {
      if (!input.isEmpty() && !defined.contains(input)) {
        throw new IllegalArgumentException(operator + " reads " + input + ", which nothing makes");
      }
    }
    outputs.stream().filter(output -> !output.isEmpty()).forEach(this::define);
    var first = outputs.stream().filter(output -> !output.isEmpty()).findFirst();
    var node =
        new OnnxNode(
            operator,
            domain,
            first.orElseThrow(() -> new IllegalArgumentException(operator + " makes nothing"))
                + "/"
                + operator,
            inputs,
            outputs);
    nodes.add(node);
    return node;
  }

  /**
   * A value that the caller gives at each run.
   *
   * @param dimensions a {@link Number} for a fixed dimension, a {@link String} for a symbolic one
   * @return its name
   */
  public String input(String value, OnnxType type, Object... dimensions) {
    define(value);
    inputs.add(valueInfo(value, type, dimensions));
    return value;
  }

  /** A value that the caller gets back; a node must make it before {@link #toBytes}. */
  public void output(String value, OnnxType type, Object... dimensions) {
    if (outputs.put(value, valueInfo(value, type, dimensions)) != null) {
      throw new IllegalArgumentException("output " + value + " is declared twice");
    }
  }

  /** Constant float32 values inside the model. */
  public String constant(String value, float[] elements, long... shape) {
    var bytes = littleEndian(4L * elements.length);
    bytes.asFloatBuffer().put(elements);
    return constant(value, OnnxType.FLOAT, bytes.array(), shape);
  }

  /** Constant int64 values inside the model. */
  public String constant(String value, long[] elements, long... shape) {
    var bytes = littleEndian(8L * elements.length);
    bytes.asLongBuffer().put(elements);
    return constant(value, OnnxType.INT64, bytes.array(), shape);
  }

  /** Constant int32 values inside the model. */
  public String constant(String value, int[] elements, long... shape) {
    var bytes = littleEndian(4L * elements.length);
    bytes.asIntBuffer().put(elements);
    return constant(value, OnnxType.INT32, bytes.array(), shape);
  }

  /**
   * Constant values of any type inside the model, as little-endian bytes. No shape at all makes a
   * scalar.
   *
   * @return its name
   */
  public String constant(String value, OnnxType type, byte[] bytes, long... shape) {
    checkLength(value, type, bytes.length, shape);
    define(value);
    initializers.add(tensor(value, type, shape).bytes(9, bytes));
    return value;
  }

  /**
   * Constant values that lie in a file.
   *
   * @param location the file's path, relative to the model's folder
   * @param offset bytes from the start of the file
   * @param length bytes
   * @return its name
   */
  public String external(
      String value, OnnxType type, String location, long offset, long length, long... shape) {
    checkLength(value, type, length, shape);
    if (offset < 0) {
      throw new IllegalArgumentException(value + " begins at byte " + offset);
    }
    define(value);
    initializers.add(
        tensor(value, type, shape)
            .message(13, entry("location", location))
            .message(13, entry("offset", Long.toString(offset)))
            .message(13, entry("length", Long.toString(length)))
            .number(14, EXTERNAL));
    return value;
  }

  /** Whether an input, constant or node output of this name exists. */
  public boolean defines(String value) {
    return defined.contains(value);
  }

  /**
   * The model as the bytes of a ModelProto.
   *
   * @throws IllegalStateException if a declared output is made by no node
   */
  public byte[] toBytes() {
    for (var output : outputs.keySet()) {
      if (!defined.contains(output)) {
        throw new IllegalStateException("output " + output + " is made by no node");
      }
    }
    var graph = new ProtobufWriter();
    nodes.forEach(node -> graph.message(1, node.toMessage()));
    graph.text(2, name);
    initializers.forEach(initializer -> graph.message(5, initializer));
    inputs.forEach(input -> graph.message(11, input));
    outputs.values().forEach(output -> graph.message(12, output));
    var model = new ProtobufWriter().number(1, IR_VERSION).text(2, "deepseek-platform");
    model.message(7, graph);
    opsets.forEach(
        (domain, version) ->
            model.message(8, new ProtobufWriter().text(1, domain).number(2, version)));
    return model.toBytes();
  }

  private void define(String value) {
    if (value.isEmpty() || !defined.add(value)) {
      throw new IllegalArgumentException("'" + value + "' is empty or defined twice");
    }
  }

  private static ProtobufWriter valueInfo(String value, OnnxType type, Object... dimensions) {
    var shape = new ProtobufWriter();
    for (Object dimension : dimensions) {
      shape.message(
          1,
          switch (dimension) {
            case String symbol -> new ProtobufWriter().text(2, symbol);
            case Number size -> new ProtobufWriter().number(1, size.longValue());
            default ->
                throw new IllegalArgumentException(
                    "dimension " + dimension + " of " + value + " is neither number nor text");
          });
    }
    var tensorType = new ProtobufWriter().number(1, type.number).message(2, shape);
    return new ProtobufWriter()
        .text(1, value)
        .message(2, new ProtobufWriter().message(1, tensorType));
  }

  private static ProtobufWriter tensor(String value, OnnxType type, long... shape) {
    var tensor = new ProtobufWriter();
    for (long dimension : shape) {
      tensor.number(1, dimension);
    }
    return tensor.number(2, type.number).text(8, value);
  }

  private static ProtobufWriter entry(String key, String value) {
    return new ProtobufWriter().text(1, key).text(2, value);
  }

  private static void checkLength(String value, OnnxType type, long length, long... shape) {
    long expected = type.bytes;
    for (long dimension : shape) {
      expected = Math.multiplyExact(expected, dimension);
    }
    if (length != expected) {
      throw new IllegalArgumentException(
          "%s of shape %s in %s takes %d bytes, %d were given"
              .formatted(value, Arrays.toString(shape), type, expected, length));
    }
  }

  private static ByteBuffer littleEndian(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
