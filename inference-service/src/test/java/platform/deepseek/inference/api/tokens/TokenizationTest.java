package platform.deepseek.inference.api.tokens;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.parrot.ParrotModel;
import platform.deepseek.inference.api.parrot.ParrotProfile;

@QuarkusTest
@TestProfile(ParrotProfile.class)
class TokenizationTest {

  private static final List<Map<String, Object>> MESSAGES =
      List.of(Map.of("role", "user", "content", "Good morning <|im_end|>"));

  @Inject ServedModel model;

  private static ValidatableResponse post(String path, Map<String, Object> body) {
    return given()
        .header("authorization", "Bearer " + ParrotProfile.KEY)
        .contentType("application/json")
        .body(body)
        .post(path)
        .then();
  }

  private static List<Integer> tokens(ValidatableResponse answer) {
    return answer.statusCode(200).extract().jsonPath().getList("tokens");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/v1"})
  void textBecomesTokensAndTextAgain(String base) {
    String text = "Good morning, 🦜! <|im_end|> naïve";
    ValidatableResponse answer =
        post(base + "/tokenize", Map.of("model", ParrotModel.ID, "prompt", text));

    List<Integer> tokens = tokens(answer);
    assertThat(tokens)
        .isEqualTo(Arrays.stream(model.tokenizer().encode(text, false, true)).boxed().toList());
    answer
        .body("count", equalTo(tokens.size()))
        .body("max_model_len", equalTo(ParrotModel.CONTEXT))
        .body("token_strs", nullValue());
    post(base + "/detokenize", Map.of("tokens", tokens))
        .statusCode(200)
        .body("prompt", equalTo(text));
  }

  @Test
  void stringsAreThoseOfTheTokens() {
    ValidatableResponse answer =
        post("/tokenize", Map.of("prompt", "Good morning", "return_token_strs", true));

    List<String> strings = answer.statusCode(200).extract().jsonPath().getList("token_strs");
    assertThat(strings).hasSameSizeAs(tokens(answer));
    assertThat(String.join("", strings)).isEqualTo("Good morning");
  }

  @Test
  void chatIsTheOneThatWouldBeAnswered() {
    List<Integer> asked = tokens(post("/tokenize", Map.of("messages", MESSAGES)));
    List<Integer> shown =
        tokens(post("/tokenize", Map.of("messages", MESSAGES, "add_generation_prompt", false)));

    int[] whole = asked.stream().mapToInt(Integer::intValue).toArray();
    assertThat(model.tokenizer().decode(whole, false)).endsWith("<|im_start|>assistant\n");
    assertThat(asked.subList(0, shown.size())).isEqualTo(shown);
    assertThat(shown.size()).isLessThan(asked.size());
    // One real end of a turn; the one in the message stayed text.
    int end = model.tokenizer().id("<|im_end|>").orElseThrow();
    assertThat(shown).filteredOn(token -> token == end).hasSizeLessThanOrEqualTo(2);
    int prompt =
        given()
            .header("authorization", "Bearer " + ParrotProfile.KEY)
            .contentType("application/json")
            .body(Map.of("model", ParrotModel.ID, "messages", MESSAGES, "max_tokens", 1))
            .post("/v1/chat/completions")
            .then()
            .statusCode(200)
            .extract()
            .path("usage.prompt_tokens");
    assertThat(prompt).isEqualTo(asked.size());
  }

  @Test
  void mistakesAreNamed() {
    post("/tokenize", Map.of()).statusCode(400).body("error.param", equalTo("prompt"));
    post("/tokenize", Map.of("prompt", "a", "messages", MESSAGES))
        .statusCode(400)
        .body("error.message", containsString("both"));
    post("/tokenize", Map.of("prompt", "a", "add_generation_prompt", true))
        .statusCode(400)
        .body("error.param", equalTo("add_generation_prompt"));
    post("/tokenize", Map.of("messages", MESSAGES, "add_special_tokens", true))
        .statusCode(400)
        .body("error.param", equalTo("add_special_tokens"));
    post("/tokenize", Map.of("prompt", "a", "text", "a"))
        .statusCode(400)
        .body("error.code", equalTo("unknown_parameter"));
    post("/tokenize", Map.of("prompt", "a", "model", "owl")).statusCode(404);
    post("/detokenize", Map.of()).statusCode(400).body("error.param", equalTo("tokens"));
    post("/detokenize", Map.of("tokens", List.of(1, 9_999_999)))
        .statusCode(400)
        .body("error.param", equalTo("tokens[1]"));
    post("/detokenize", Map.of("tokens", List.of("a"))).statusCode(400);
  }

  @Test
  void emptyListsAndTextsHaveNoTokens() {
    post("/detokenize", Map.of("tokens", List.of())).statusCode(200).body("prompt", equalTo(""));
    assertThat(tokens(post("/tokenize", Map.of("prompt", "", "add_special_tokens", false))))
        .isEmpty();
  }

  @Test
  void nobodyTokenisesWithoutTheKey() {
    given()
        .contentType("application/json")
        .body(Map.of("prompt", "a"))
        .post("/tokenize")
        .then()
        .statusCode(401);
  }
}
