package platform.deepseek.inference.api.embeddings;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.parrot.ParrotModel;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** The parrot's hidden state of a token is 1 at its id modulo 8 and 0 elsewhere. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class EmbeddingsTest {

  @TestHTTPResource("/v1")
  URI base;

  @Inject ServedModel model;

  private static ValidatableResponse post(Map<String, Object> body) {
    return given()
        .header("authorization", "Bearer " + ParrotProfile.KEY)
        .contentType("application/json")
        .body(body)
        .post("/v1/embeddings")
        .then();
  }

  private static ValidatableResponse embed(Object input) {
    return post(Map.of("model", ParrotModel.ID, "input", input));
  }

  private static float[] expected(int... tokens) {
    double[] counts = new double[8];
    Arrays.stream(tokens).forEach(token -> counts[token % 8]++);
    double length = Math.sqrt(Arrays.stream(counts).map(count -> count * count).sum());
    float[] vector = new float[counts.length];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (counts[i] / length);
    }
    return vector;
  }

  private int[] tokens(String text) {
    return model.tokenizer().encode(text, false, true);
  }

  private static List<Float> vector(ValidatableResponse answer, int index) {
    return answer.extract().jsonPath().getList("data[" + index + "].embedding", Float.class);
  }

  private static List<Float> boxed(float[] vector) {
    List<Float> list = new ArrayList<>();
    for (float value : vector) {
      list.add(value);
    }
    return list;
  }

  @Test
  void textGetsTheDirectionOfItsMean() {
    ValidatableResponse answer = embed("Good morning, parrot");

    answer
        .statusCode(200)
        .body("object", equalTo("list"))
        .body("model", equalTo(ParrotModel.ID))
        .body("data", hasSize(1))
        .body("data[0].object", equalTo("embedding"))
        .body("data[0].index", equalTo(0));
    int[] tokens = tokens("Good morning, parrot");
    assertThat(vector(answer, 0)).isEqualTo(boxed(expected(tokens)));
    answer
        .body("usage.prompt_tokens", equalTo(tokens.length))
        .body("usage.total_tokens", equalTo(tokens.length));
  }

  @Test
  void everyFormOfInputIsTaken() {
    assertThat(vector(embed(List.of(1, 2, 10)), 0)).isEqualTo(boxed(expected(1, 2, 10)));
    ValidatableResponse mixed = embed(List.of("cat", List.of(3, 4), "dog"));
    mixed.statusCode(200).body("data.index", equalTo(List.of(0, 1, 2)));
    assertThat(vector(mixed, 0)).isEqualTo(boxed(expected(tokens("cat"))));
    assertThat(vector(mixed, 1)).isEqualTo(boxed(expected(3, 4)));
    assertThat(vector(mixed, 2)).isEqualTo(boxed(expected(tokens("dog"))));
  }

  @Test
  void aRequestMayHave2048InputsThoughTheQueueIsShorter() {
    List<List<Integer>> inputs = new ArrayList<>();
    for (int i = 0; i < 2_048; i++) {
      inputs.add(List.of(i % 500, (i + 3) % 500, i / 7 % 500));
    }
    ValidatableResponse answer = embed(inputs);

    answer.statusCode(200).body("data", hasSize(2_048));
    List<List<Float>> vectors = answer.extract().jsonPath().getList("data.embedding");
    for (int i = 0; i < inputs.size(); i++) {
      int[] ids = inputs.get(i).stream().mapToInt(Integer::intValue).toArray();
      assertThat(vectors.get(i)).isEqualTo(boxed(expected(ids)));
    }
    embed(Collections.nCopies(2_049, "a"))
        .statusCode(400)
        .body("error.param", equalTo("input"))
        .body("error.message", containsString("2049"));
  }

  @Test
  void base64IsLittleEndianFloat32() {
    String text =
        post(Map.of("model", ParrotModel.ID, "input", "cat", "encoding_format", "base64"))
            .statusCode(200)
            .extract()
            .path("data[0].embedding");

    float[] vector = new float[8];
    ByteBuffer.wrap(Base64.getDecoder().decode(text))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(vector);
    assertThat(vector).isEqualTo(expected(tokens("cat")));
  }

  @Test
  void openAiClientReadsThem() {
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(base.toString())
            .apiKey(ParrotProfile.KEY)
            .maxRetries(0)
            .build();
    try {
      CreateEmbeddingResponse answer =
          client
              .embeddings()
              .create(
                  EmbeddingCreateParams.builder()
                      .model(ParrotModel.ID)
                      .inputOfArrayOfStrings(List.of("cat", "dog"))
                      .dimensions(8)
                      .build());

      assertThat(answer.validate().data()).hasSize(2);
      List<Float> vector = answer.data().get(1).embedding();
      float[] right = expected(tokens("dog"));
      for (int i = 0; i < right.length; i++) {
        assertThat(vector.get(i)).isCloseTo(right[i], within(1e-7f));
      }
    } finally {
      client.close();
    }
  }

  @Test
  void mistakesAreNamed() {
    post(Map.of("model", ParrotModel.ID)).statusCode(400).body("error.param", equalTo("input"));
    post(Map.of("model", "owl", "input", "a"))
        .statusCode(404)
        .body("error.code", equalTo("model_not_found"));
    post(Map.of("model", ParrotModel.ID, "input", "a", "dimensions", 4))
        .statusCode(400)
        .body("error.param", equalTo("dimensions"))
        .body("error.message", containsString("must be 8"));
    post(Map.of("model", ParrotModel.ID, "input", "a", "encoding_format", "int8"))
        .statusCode(400)
        .body("error.param", equalTo("encoding_format"));
    post(Map.of("model", ParrotModel.ID, "input", "a", "inputs", "a"))
        .statusCode(400)
        .body("error.code", equalTo("unknown_parameter"));
    embed("").statusCode(400).body("error.param", equalTo("input"));
    embed(List.of()).statusCode(400).body("error.param", equalTo("input"));
    embed(List.of("a", "")).statusCode(400).body("error.param", equalTo("input[1]"));
    embed(List.of("a", 1)).statusCode(400).body("error.param", equalTo("input[1]"));
    embed(List.of(1, "a")).statusCode(400).body("error.param", equalTo("input[1]"));
    embed(List.of(List.of(1, 9_999_999)))
        .statusCode(400)
        .body("error.param", equalTo("input[0][1]"));
    embed(true).statusCode(400).body("error.code", equalTo("invalid_type"));
  }

  @Test
  void inputBeyondTheContextIsNamed() {
    embed(List.of("a", Collections.nCopies(ParrotModel.CONTEXT + 1, 5)))
        .statusCode(400)
        .body("error.code", equalTo("context_length_exceeded"))
        .body("error.param", equalTo("input[1]"))
        .body("error.message", containsString("8,193"));
    embed("word ".repeat(1_000_000)).statusCode(400).body("error.param", equalTo("input"));
    embed(Collections.nCopies(ParrotModel.CONTEXT, 5)).statusCode(200);
  }

  @Test
  void otherMethodsAreRefusedAndSoIsWhoHasNoKey() {
    given()
        .header("authorization", "Bearer " + ParrotProfile.KEY)
        .get("/v1/embeddings")
        .then()
        .statusCode(405)
        .header("allow", "POST");
    given()
        .contentType("application/json")
        .body("{}")
        .post("/v1/embeddings")
        .then()
        .statusCode(401);
  }
}
