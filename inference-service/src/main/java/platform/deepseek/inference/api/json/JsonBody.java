package platform.deepseek.inference.api.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.regex.Pattern;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/** Reads a request's bytes as one JSON object, within bounds that hold for any input. */
public final class JsonBody {

  static final int MAX_DEPTH = 100;
  private static final int MAX_NUMBER_CHARACTERS = 400;
  private static final int MAX_NAME_CHARACTERS = 1_000;

  private static final Pattern ADVICE =
      Pattern.compile(
          ", from `[^`]*`|( \\(bound as |: enable `| \\(start marker|: maybe a|\\R).*",
          Pattern.DOTALL);

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER_CHARACTERS)
                          .maxNameLength(MAX_NAME_CHARACTERS)
                          .maxStringLength(Integer.MAX_VALUE) // the body's own limit holds
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES) // names come from strangers
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonBody() {}

  /**
   * The object's fields.
   *
   * @throws ApiException INVALID_JSON, with the place of the fault where the parser knows it
   */
  public static Fields parse(byte[] bytes) {
    JsonNode node;
    try {
      node = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw invalid(e);
    } catch (IOException e) { // bytes that are not Unicode
      throw new ApiException(
          ApiError.INVALID_JSON, "The body is not Unicode text: " + firstLine(e.getMessage()));
    }
    if (!(node instanceof ObjectNode object)) {
      throw new ApiException(
          ApiError.INVALID_JSON,
          "The body must be a JSON object, not " + Fields.typeName(node) + ".");
    }
    return new Fields("", object);
  }

  private static ApiException invalid(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    return new ApiException(
        ApiError.INVALID_JSON,
        "The body is not valid JSON%s: %s".formatted(where, firstLine(e.getOriginalMessage())));
  }

  /** What the parser found, without its advice on how to configure it. */
  private static String firstLine(String message) {
    if (message == null) {
      return "unreadable";
    }
    String line = ADVICE.matcher(message).replaceFirst("");
    return line.length() <= 200 ? line : line.substring(0, 200) + "...";
  }
}
