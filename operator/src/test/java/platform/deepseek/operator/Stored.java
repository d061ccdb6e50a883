package platform.deepseek.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/**
 * A resource as the API server stores it: with the definition's defaults filled in (structural
 * defaulting: depth first, absent fields only), so that tests without a cluster see what the
 * operator sees.
 */
public final class Stored {

  private static final ObjectMapper JSON = Serialization.jsonMapper();
  private static final JsonNode SCHEMA = schema();

  private Stored() {}

  public static DeepSeekDeployment resource(String yaml) {
    var node = (ObjectNode) Serialization.unmarshal(yaml, JsonNode.class);
    fill(node, SCHEMA);
    try {
      return JSON.treeToValue(node, DeepSeekDeployment.class);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode schema() {
    try {
      var definition =
          Serialization.unmarshal(
              Files.readString(CrdFile.COMMITTED), CustomResourceDefinition.class);
      return JSON.valueToTree(
          definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      schema
          .path("properties")
          .properties()
          .forEach(
              property -> {
                var fallback = property.getValue().get("default");
                if (!object.has(property.getKey()) && fallback != null) {
                  object.set(property.getKey(), fallback.deepCopy());
                }
                if (object.has(property.getKey())) {
                  fill(object.get(property.getKey()), property.getValue());
                }
              });
    } else if (value.isArray()) {
      value.forEach(item -> fill(item, schema.path("items")));
    }
  }
}
