package platform.deepseek.operator.resource;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.operator.CrdFile;
import platform.deepseek.operator.Golden;

class CrdTest {

  private static final Path RELEASED = Path.of("src", "test", "resources", "crd", "released.yml");

  @Test
  void theCommittedDefinitionIsTheOneOfTheClasses(@TempDir Path folder) throws IOException {
    new CRDGenerator()
        .customResourceClasses(DeepSeekDeployment.class)
        .inOutputDir(folder.toFile())
        .forCRDVersions("v1")
        .detailedGenerate();
    var generated = folder.resolve(CrdFile.COMMITTED.getFileName());
    Golden.check(CrdFile.COMMITTED, Files.readString(generated));
  }

  @Test
  void everyFieldOfOursIsDocumented() throws IOException {
    var undocumented = new ArrayList<String>();
    collect(schema(CrdFile.COMMITTED).path("properties").path("spec"), "spec", undocumented);
    collect(schema(CrdFile.COMMITTED).path("properties").path("status"), "status", undocumented);
    assertThat(undocumented).isEmpty();
  }

  private static void collect(JsonNode schema, String path, List<String> undocumented) {
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              var name = path + "." + property.getKey();
              if (!property.getValue().has("description")) {
                undocumented.add(name);
              }
              // Kinds of Kubernetes itself explain themselves elsewhere.
              if (!name.matches(".*\\.(env|resources|tolerations|conditions)$")) {
                collect(property.getValue(), name, undocumented);
                collect(property.getValue().path("items"), name + "[]", undocumented);
              }
            });
  }

  @Test
  void resourcesOfTheReleasedDefinitionStayValid() throws IOException {
    assertThat(CrdCompatibility.breaks(schema(RELEASED), schema(CrdFile.COMMITTED))).isEmpty();
  }

  @Test
  void theCompatibilityGateSeesWhatBreaks() throws IOException {
    var before = schema(RELEASED);
    var after = (com.fasterxml.jackson.databind.node.ObjectNode) before.deepCopy();
    var spec =
        (com.fasterxml.jackson.databind.node.ObjectNode) after.at("/properties/spec/properties");
    spec.remove("auth");
    ((com.fasterxml.jackson.databind.node.ObjectNode) spec.at("/engine/properties/port"))
        .put("maximum", 9000);
    ((com.fasterxml.jackson.databind.node.ObjectNode) spec.at("/replicas")).put("type", "string");
    ((com.fasterxml.jackson.databind.node.ObjectNode) spec.at("/gpu"))
        .putArray("required")
        .add("class")
        .add("count");
    ((com.fasterxml.jackson.databind.node.ArrayNode) spec.at("/engine/properties/type/enum"))
        .remove(0);
    assertThat(CrdCompatibility.breaks(before, after))
        .containsExactlyInAnyOrder(
            "spec.auth is gone",
            "spec.engine.port: maximum 65535 became 9000",
            "spec.engine.type: value Native is gone",
            "spec.gpu.count became required",
            "spec.replicas: type integer became string");
  }

  private static JsonNode schema(Path file) throws IOException {
    return Serialization.unmarshal(Files.readString(file), JsonNode.class)
        .at("/spec/versions/0/schema/openAPIV3Schema");
  }
}
