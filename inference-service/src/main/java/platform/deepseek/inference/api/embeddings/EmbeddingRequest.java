package platform.deepseek.inference.api.embeddings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.openai.RequestField;

/**
 * A request for embeddings, well formed; whether a model can take it, the model says.
 *
 * @param inputs one at least
 * @param base64 vectors leave as base64 of little-endian float32 instead of numbers
 * @param dimensions how long the client wants its vectors; empty: as the model makes them
 */
record EmbeddingRequest(
    String model, List<Input> inputs, boolean base64, OptionalInt dimensions, Fields body) {

  /** A text to embed as the client wrote it; {@code path} names it in errors. */
  sealed interface Input {

    String path();

    record Text(String path, String text) implements Input {}

    record Tokens(String path, int[] ids) implements Input {}
  }

  static final int MAX_INPUTS = 2_048;

  private static final Set<String> NAMES =
      EmbeddingFields.EMBEDDINGS.stream()
          .map(RequestField::name)
          .collect(Collectors.toUnmodifiableSet());

  static EmbeddingRequest parse(Fields body) {
    String model = body.requiredString("model");
    body.allow(NAMES);
    body.string("user");
    return new EmbeddingRequest(
        model,
        inputs(body),
        base64(body),
        body.has("dimensions")
            ? OptionalInt.of((int) body.integer("dimensions", 1, Integer.MAX_VALUE, 1))
            : OptionalInt.empty(),
        body);
  }

  /** Refuses dimensions that are not the model's. */
  void requireLength(int length) {
    if (dimensions.isPresent() && dimensions.getAsInt() != length) {
      throw body.unsupported(
          "dimensions",
          "must be %d for '%s', or absent: its vectors cannot be shortened."
              .formatted(length, model));
    }
  }

  private static boolean base64(Fields body) {
    return switch (body.string("encoding_format")) {
      case null -> false;
      case "float" -> false;
      case "base64" -> true;
      default -> throw body.invalid("encoding_format", "expected 'float' or 'base64'.");
    };
  }

  private static List<Input> inputs(Fields body) {
    JsonNode value = body.get("input");
    String path = body.path("input");
    if (value == null) {
      throw body.missing("input");
    }
    if (value.isTextual()) {
      return List.of(text(value, path));
    }
    if (!value.isArray()) {
      throw Fields.wrongType(path, "a string or an array", value);
    }
    if (value.isEmpty()) {
      throw body.invalid("input", "expected at least 1 element, but got an empty array.");
    }
    if (value.get(0).isNumber()) {
      return List.of(tokens(value, path));
    }
    if (value.size() > MAX_INPUTS) {
      throw body.invalid(
          "input",
          "%d inputs are more than %d; send them in several requests."
              .formatted(value.size(), MAX_INPUTS));
    }
    List<Input> inputs = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      JsonNode element = value.get(i);
      String at = path + "[" + i + "]";
      if (element.isTextual()) {
        inputs.add(text(element, at));
      } else if (element.isArray()) {
        inputs.add(tokens(element, at));
      } else {
        throw Fields.wrongType(at, "a string or an array of token ids", element);
      }
    }
    return inputs;
  }

  private static Input text(JsonNode value, String path) {
    return new Input.Text(path, Fields.text(value, path));
  }

  private static Input tokens(JsonNode array, String path) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) Fields.integer(array.get(i), path + "[" + i + "]", 0, Integer.MAX_VALUE);
    }
    return new Input.Tokens(path, ids);
  }
}
