package platform.deepseek.inference.api.embeddings;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.parrot.ParrotModel;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** The configured embedding model beside the loaded one. */
@QuarkusTest
@TestProfile(MiniLmTest.Profile.class)
class MiniLmTest {

  /** The parrot, and all-MiniLM for embeddings. */
  public static class Profile extends ParrotProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> config = new HashMap<>(super.getConfigOverrides());
      config.put("deepseek.embedding-model", MiniLm.ID);
      return config;
    }
  }

  private static ValidatableResponse embed(String model, Object input) {
    return given()
        .header("authorization", "Bearer " + ParrotProfile.KEY)
        .contentType("application/json")
        .body(Map.of("model", model, "input", input))
        .post("/v1/embeddings")
        .then();
  }

  @Test
  void textsOfLikeMeaningAreNearerThanOthers() {
    ValidatableResponse answer =
        embed(
            MiniLm.ID,
            List.of(
                "A cat sleeps on the sofa.",
                "The kitten is napping on the couch.",
                "Interest rates rose by half a percent."));

    answer
        .statusCode(200)
        .body("model", equalTo(MiniLm.ID))
        .body("data", hasSize(3))
        .body("data[0].embedding", hasSize(384));
    assertThat(answer.extract().jsonPath().getInt("usage.prompt_tokens")).isBetween(15, 40);
    List<List<Float>> vectors = answer.extract().jsonPath().getList("data.embedding");
    assertThat(product(vectors.get(0), vectors.get(0))).isBetween(0.9999, 1.0001);
    assertThat(product(vectors.get(0), vectors.get(1))).isGreaterThan(0.5);
    assertThat(product(vectors.get(0), vectors.get(2))).isLessThan(0.2);
  }

  private static double product(List<Float> a, List<Float> b) {
    double sum = 0;
    for (int i = 0; i < a.size(); i++) {
      sum += a.get(i) * b.get(i);
    }
    return sum;
  }

  @Test
  void loadedModelEmbedsUnderItsOwnName() {
    embed(ParrotModel.ID, "A cat").statusCode(200).body("data[0].embedding", hasSize(8));
  }

  @Test
  void bothAreListed() {
    given()
        .header("authorization", "Bearer " + ParrotProfile.KEY)
        .get("/v1/models")
        .then()
        .statusCode(200)
        .body("data.id", equalTo(List.of(ParrotModel.ID, MiniLm.ID)));
    given()
        .header("authorization", "Bearer " + ParrotProfile.KEY)
        .get("/v1/models/" + MiniLm.ID)
        .then()
        .statusCode(200)
        .body("created", equalTo(1_630_281_600));
  }

  @Test
  void tokenIdsAndBlankTextAreRefused() {
    embed(MiniLm.ID, List.of(List.of(1, 2)))
        .statusCode(400)
        .body("error.param", equalTo("input[0]"))
        .body("error.message", containsString("takes text alone"));
    embed(MiniLm.ID, List.of("a", "  ")).statusCode(400).body("error.param", equalTo("input[1]"));
    embed("owl", "a").statusCode(404).body("error.message", containsString(MiniLm.ID));
  }
}
