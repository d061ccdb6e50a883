package platform.deepseek.operator;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.Reason;

/** docs/crd.md and the table of reasons are written from the code: -Dgolden.record=true. */
class DocumentationTest {

  private static final Path DOCS = Path.of("..", "docs");

  @Test
  void theReferenceOfFieldsIsTheDefinitions() throws IOException {
    var schema =
        Serialization.unmarshal(Files.readString(CrdFile.COMMITTED), JsonNode.class)
            .at("/spec/versions/0/schema/openAPIV3Schema");
    var page = new StringBuilder();
    page.append(
        """
        # DeepSeekDeployment: fields

        Written from the definition (operator/crd) by DocumentationTest; the same text is what
        `kubectl explain dsd.spec` shows. Rules over several fields are at the end.

        """);
    for (var part : new String[] {"spec", "status"}) {
      page.append("## ")
          .append(part)
          .append("\n\n| field | type | default | |\n|---|---|---|---|\n");
      fields(schema.at("/properties/" + part), "", page);
      page.append('\n');
    }
    page.append("## Rules\n\n");
    rules(schema, page);
    Golden.check(DOCS.resolve("crd.md"), page.toString());
  }

  private static void fields(JsonNode schema, String path, StringBuilder page) {
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              var field = property.getValue();
              var name = path + property.getKey();
              page.append(
                  "| `%s` | %s | %s | %s |\n"
                      .formatted(name, type(field), fallback(field), text(field)));
              if (!name.matches("(.*\\.)?(env|resources|tolerations|conditions)")) {
                fields(field, name + ".", page);
                fields(field.path("items"), name + "[].", page);
              }
            });
  }

  private static String type(JsonNode field) {
    if (field.has("enum")) {
      var values = new java.util.ArrayList<String>();
      field.get("enum").forEach(value -> values.add(value.asText()));
      return String.join(", ", values);
    }
    return field.path("type").asText("any");
  }

  private static String fallback(JsonNode field) {
    var value = field.path("default");
    return value.isMissingNode() || value.isObject() ? "" : "`" + value.asText() + "`";
  }

  private static String text(JsonNode field) {
    return field.path("description").asText("").replace("|", "\\|");
  }

  private static void rules(JsonNode schema, StringBuilder page) {
    schema
        .path("x-kubernetes-validations")
        .forEach(rule -> page.append("- ").append(rule.path("message").asText()).append('\n'));
    schema.path("properties").forEach(property -> rules(property, page));
    if (schema.has("items")) {
      rules(schema.get("items"), page);
    }
  }

  @Test
  void theTableOfReasonsIsTheClosedSet() throws IOException {
    var file = DOCS.resolve("operator.md");
    var page = Files.readString(file);
    var table =
        Arrays.stream(Reason.values())
            .map(reason -> "| `%s` | %s |".formatted(reason.text(), reason.meaning()))
            .collect(
                Collectors.joining(
                    "\n",
                    "<!-- begin reasons -->\n| reason | |\n|---|---|\n",
                    "\n<!-- end reasons -->"));
    Golden.check(
        file,
        page.replaceAll(
            "(?s)<!-- begin reasons -->.*<!-- end reasons -->",
            java.util.regex.Matcher.quoteReplacement(table)));
  }
}
