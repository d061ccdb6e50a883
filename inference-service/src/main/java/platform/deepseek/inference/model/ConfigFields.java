package platform.deepseek.inference.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import platform.deepseek.inference.model.ModelException.Code;

/** The fields of a JSON object in a file, with errors that name both. */
record ConfigFields(Path path, JsonNode node) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LARGEST_FILE = 1 << 24;
  private static final int LARGEST_NUMBER = 1 << 28;

  static ConfigFields read(Path path) {
    return new ConfigFields(path, parse(path));
  }

  /** The object in a field; without fields where there is none. */
  ConfigFields in(String field) {
    return new ConfigFields(path, node.path(field));
  }

  boolean given(String field) {
    return node.hasNonNull(field);
  }

  String text(String field, String otherwise) {
    return node.path(field).asText(otherwise);
  }

  boolean flag(String field) {
    var value = node.path(field);
    if (given(field) && !value.isBoolean()) {
      throw invalid(field + " must be true or false");
    }
    return value.asBoolean(false);
  }

  /** An integer of at least 1. */
  int integer(String field) {
    return integer(field, 1);
  }

  int integerOr(String field, int otherwise) {
    return given(field) ? integer(field, 0) : otherwise;
  }

  private int integer(String field, int least) {
    var value = node.path(field);
    boolean fits = value.isIntegralNumber() && value.canConvertToInt();
    if (!fits || value.asInt() < least || value.asInt() > LARGEST_NUMBER) {
      throw invalid(
          "%s must be an integer from %d to %d, it is %s"
              .formatted(field, least, LARGEST_NUMBER, given(field) ? value : "absent"));
    }
    return value.asInt();
  }

  double number(String field, double otherwise) {
    if (!given(field)) {
      return otherwise;
    }
    var value = node.path(field);
    if (!value.isNumber()) {
      throw invalid(field + " must be a number");
    }
    return value.asDouble();
  }

  ModelException invalid(String what) {
    return new ModelException(Code.CONFIG_INVALID, path, what);
  }

  ModelException unsupported(String what) {
    return new ModelException(Code.UNSUPPORTED, path, what);
  }

  private static JsonNode parse(Path path) {
    try {
      long size = Files.size(path);
      if (size > LARGEST_FILE) {
        throw new ModelException(
            Code.CONFIG_INVALID, path, size + " bytes are too many for a config file");
      }
      var node = JSON.readTree(Files.readAllBytes(path));
      if (!node.isObject()) {
        throw new ModelException(Code.CONFIG_INVALID, path, "is not a JSON object");
      }
      return node;
    } catch (IOException e) {
      throw new ModelException(
          Code.CONFIG_INVALID, path, "cannot be read as JSON (" + e.getClass().getName() + ")", e);
    }
  }
}
