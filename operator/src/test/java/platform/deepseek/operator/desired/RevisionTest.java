package platform.deepseek.operator.desired;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.generator.annotation.Default;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.Defaults;

class RevisionTest {

  private static final Path FOLDER = Path.of("src", "test", "resources", "desired");

  @ParameterizedTest
  @CsvSource({
    "gpu,          589b426c13",
    "distributed,  e998650154",
    "canary-at-20, c03e1524a0",
    "idle,         7855cc54ac",
    "guarded,      18e7073978",
    "every-field,  d6d71ca370"
  })
  void aSpecHasTheHashThatItsPodsWereGivenByEarlierReleases(String name, String hash)
      throws IOException {
    var yaml = Files.readString(FOLDER.resolve(name + ".resource.yml"));
    assertThat(Revision.of(Stored.resource(yaml).getSpec()).hash()).isEqualTo(hash);
  }

  /** The definition of a later release: fields, groups and fields of groups, all with defaults. */
  private record SpecOfTomorrow(
      ModelOfTomorrow model,
      @Default("{}") EngineOfTomorrow engine,
      GpuOfTomorrow gpu,
      TopologyOfTomorrow topology,
      @Default("{\"depth\":2}") Tuning tuning) {}

  private record ModelOfTomorrow(String name, @Default("None") Sharing sharing) {}

  private enum Sharing {
    @JsonProperty("None")
    NONE
  }

  private record EngineOfTomorrow(
      @Default("PT5S") String patience,
      @Default("true") Boolean eager,
      @Default("8080") Integer port,
      List<Adapter> adapters) {}

  private record Adapter(String name, @Default("1.5") Double scale) {}

  private record GpuOfTomorrow(
      @JsonProperty("class") String gpuClass, @Default("{}") Tuning clocks) {}

  private record TopologyOfTomorrow(Integer context) {}

  private record Tuning(@Default("2") Integer depth, @Default("{}") Adapter adapter) {}

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "distributed", "canary-at-20", "idle", "guarded", "every-field"})
  void aFieldThatComesWithADefaultChangesNoHash(String name) throws IOException {
    var resource = Stored.resource(Files.readString(FOLDER.resolve(name + ".resource.yml")));
    var today = Revision.of(resource.getSpec());
    var tomorrow = (ObjectNode) today.data();
    Defaults.fill(tomorrow, SpecOfTomorrow.class);
    if (tomorrow.get("topology") instanceof ObjectNode topology) {
      topology.putNull("context"); // as a record has it that nobody has given a value
    }
    assertThat(tomorrow.at("/engine/patience").asText()).isEqualTo("PT5S");
    assertThat(tomorrow.at("/tuning/adapter/scale").asDouble()).isEqualTo(1.5);

    var kept = Revision.data(tomorrow.deepCopy(), SpecOfTomorrow.class);
    assertThat(Revision.hash(kept)).isEqualTo(today.hash());
    assertThat(kept).as("which nobody may change").isEqualTo(today.data());
    var read = kept.deepCopy();
    Defaults.fill(read, SpecOfTomorrow.class);
    ((ObjectNode) tomorrow.get("topology")).remove("context");
    assertThat(read).as("read back").isEqualTo(tomorrow);
  }

  @Test
  void anotherValueOfANewFieldIsAnotherRevision() throws IOException {
    var yaml = Files.readString(FOLDER.resolve("gpu.resource.yml"));
    var tomorrow = (ObjectNode) Revision.of(Stored.resource(yaml).getSpec()).data();
    Defaults.fill(tomorrow, SpecOfTomorrow.class);
    var hashes = new HashSet<String>();
    hashes.add(hash(tomorrow));
    ((ObjectNode) tomorrow.get("engine")).put("patience", "PT6S");
    hashes.add(hash(tomorrow));
    ((ObjectNode) tomorrow.get("engine"))
        .putArray("adapters")
        .addObject()
        .put("name", "a")
        .put("scale", 1.5);
    var withDefault = hash(tomorrow);
    hashes.add(withDefault);
    ((ObjectNode) tomorrow.at("/engine/adapters/0")).remove("scale");
    assertThat(hash(tomorrow)).as("written or filled in").isEqualTo(withDefault);
    ((ObjectNode) tomorrow.at("/engine/adapters/0")).put("scale", 2.5);
    hashes.add(hash(tomorrow));
    ((ObjectNode) tomorrow.at("/gpu/clocks/adapter")).put("scale", 3.5);
    hashes.add(hash(tomorrow));
    assertThat(hashes).hasSize(5);
  }

  private static String hash(ObjectNode tree) {
    return Revision.hash(Revision.data(tree.deepCopy(), SpecOfTomorrow.class));
  }

  @Test
  void whatAnOlderOperatorHasKeptIsReadWithTheDefaultsOfToday() throws IOException {
    var yaml = Files.readString(FOLDER.resolve("gpu.resource.yml"));
    var revision = Revision.of(Stored.resource(yaml).getSpec());
    var kept = (ObjectNode) revision.data();
    ((ObjectNode) kept.get("engine")).remove("port");
    kept.remove("security");
    assertThat(Revision.parse(kept)).isEqualTo(revision);
  }

  /** Or the test above would be about other defaults than a cluster fills in. */
  @ParameterizedTest
  @ValueSource(strings = {"gpu", "distributed", "canary-at-20", "idle", "guarded", "every-field"})
  void theDefaultsAreThoseOfTheDefinition(String name) throws IOException {
    var yaml = Files.readString(FOLDER.resolve(name + ".resource.yml"));
    var written = (ObjectNode) Serialization.unmarshal(yaml, JsonNode.class).get("spec");
    Defaults.fill(written, DeepSeekDeploymentSpec.class);
    assertThat(Serialization.jsonMapper().convertValue(written, DeepSeekDeploymentSpec.class))
        .isEqualTo(Stored.resource(yaml).getSpec());
  }
}
