package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.generator.annotation.Default;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The defaults of the definition, laid into data and taken out of it as the API server does the
 * first: of fields that are absent, from the outside in, and in no group that is absent itself.
 *
 * <p>They are read from the records that the definition is generated from. What is no record of
 * ours, such as a toleration or a pod template, has none.
 */
public final class Defaults {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Defaults() {}

  /** Lays the default of each absent field into data of a record. */
  public static void fill(ObjectNode data, Class<?> type) {
    for (var component : type.getRecordComponents()) {
      var name = name(component);
      if (data.path(name).isMissingNode() || data.path(name).isNull()) {
        of(component).ifPresent(value -> data.set(name, value));
      }
      within(data.path(name), component, (inner, record) -> fill(inner, record));
    }
  }

  /**
   * Takes each field out of data of a record that has its default or nothing: then the data says
   * the same as before the field was known.
   *
   * @param stays the fields that stay with their defaults, as group.field
   */
  public static void takeOut(ObjectNode data, Class<?> type, Predicate<String> stays) {
    takeOut(data, type, "", stays);
  }

  private static void takeOut(
      ObjectNode data, Class<?> type, String path, Predicate<String> stays) {
    for (var component : type.getRecordComponents()) {
      var name = name(component);
      Consumer<JsonNode> inner =
          value ->
              within(
                  value,
                  component,
                  (object, record) -> takeOut(object, record, path + name + ".", stays));
      var value = data.path(name);
      inner.accept(value);
      var fallback = of(component);
      fallback.ifPresent(inner);
      if (value.isNull() || !stays.test(path + name) && fallback.map(value::equals).orElse(false)) {
        data.remove(name);
      }
    }
  }

  private interface Group {
    void visit(ObjectNode data, Class<?> type);
  }

  /** Visits what a field holds: a group, or the groups of a list. */
  private static void within(JsonNode value, RecordComponent component, Group group) {
    if (component.getType().isRecord() && value instanceof ObjectNode object) {
      group.visit(object, component.getType());
    } else if (component.getGenericType() instanceof ParameterizedType list
        && list.getActualTypeArguments()[0] instanceof Class<?> item
        && item.isRecord()
        && value.isArray()) {
      value.forEach(
          element -> {
            if (element instanceof ObjectNode object) {
              group.visit(object, item);
            }
          });
    }
  }

  private static String name(RecordComponent component) {
    return Optional.ofNullable(component.getAccessor().getAnnotation(JsonProperty.class))
        .map(JsonProperty::value)
        .filter(name -> !name.isEmpty())
        .orElse(component.getName());
  }

  private static Optional<JsonNode> of(RecordComponent component) {
    return Optional.ofNullable(component.getAccessor().getAnnotation(Default.class))
        .map(fallback -> value(fallback.value(), component.getType()));
  }

  private static JsonNode value(String text, Class<?> type) {
    if (type == String.class || type.isEnum()) {
      return JSON.getNodeFactory().textNode(text);
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the default %s is no %s".formatted(text, type), e);
    }
  }
}
