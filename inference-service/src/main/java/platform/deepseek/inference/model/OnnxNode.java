package platform.deepseek.inference.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An operator call of an {@link OnnxGraph}; attributes are added one by one. */
public final class OnnxNode {

  private static final int FLOAT = 1;
  private static final int INT = 2;
  private static final int STRING = 3;
  private static final int FLOATS = 6;
  private static final int INTS = 7;

  private final String operator;
  private final String domain;
  private final String name;
  private final List<String> inputs;
  private final List<String> outputs;
  private final Map<String, ProtobufWriter> attributes = new LinkedHashMap<>();

  OnnxNode(String operator, String domain, String name, List<String> inputs, List<String> outputs) {
    this.operator = operator;
    this.domain = domain;
    this.name = name;
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
  }

  public OnnxNode attribute(String key, long value) {
    return put(key, named(key).number(3, value), INT);
  }

  public OnnxNode attribute(String key, float value) {
    return put(key, named(key).fixed(2, value), FLOAT);
  }

  public OnnxNode attribute(String key, String value) {
    return put(key, named(key).text(4, value), STRING);
  }

  public OnnxNode attribute(String key, long... values) {
    var writer = named(key);
    for (long value : values) {
      writer.number(8, value);
    }
    return put(key, writer, INTS);
  }

  public OnnxNode attribute(String key, float... values) {
    var writer = named(key);
    for (float value : values) {
      writer.fixed(7, value);
    }
    return put(key, writer, FLOATS);
  }

  ProtobufWriter toMessage() {
    var message = new ProtobufWriter();
    inputs.forEach(input -> message.text(1, input));
    outputs.forEach(output -> message.text(2, output));
    message.text(3, name).text(4, operator);
    attributes.values().forEach(attribute -> message.message(5, attribute));
    if (!domain.isEmpty()) {
      message.text(7, domain);
    }
    return message;
  }

  private static ProtobufWriter named(String key) {
    return new ProtobufWriter().text(1, key);
  }

  private OnnxNode put(String key, ProtobufWriter value, int type) {
    if (attributes.put(key, value.number(20, type)) != null) {
      throw new IllegalStateException(name + " has the attribute " + key + " twice");
    }
    return this;
  }
}
