package platform.deepseek.operator.exam;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.http.WholeAnswer;

/**
 * Asks one question by the OpenAI API: greedily, so that the answer is a function of the question,
 * and past the answer cache, which would repeat what another revision has said.
 */
final class Chat {

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  Answer ask(
      Examinee examinee, String question, Optional<String> key, int maxTokens, Duration patience)
      throws InterruptedException {
    try {
      var answer = send(request(examinee, question, key, maxTokens, patience));
      var body = answer.body();
      if (answer.statusCode() != 200) {
        return new Answer.Missing("status %d: %s".formatted(answer.statusCode(), Clipped.of(body)));
      }
      var content = JSON.readTree(body).at("/choices/0/message/content");
      return content.isTextual()
          ? new Answer.Said(content.asText())
          : new Answer.Missing("no choices[0].message.content: " + Clipped.of(body));
    } catch (JsonProcessingException e) {
      return new Answer.Missing("no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      return new Answer.Missing("%s: %s".formatted(examinee.address(), reason(e)));
    }
  }

  /**
   * Once more where the connection ended: a server may leave one that is silent just when a
   * question goes out on it, which is no mark of the model. vLLM leaves after five seconds.
   */
  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    try {
      return WholeAnswer.of(http, request, BodyHandlers.ofString());
    } catch (HttpTimeoutException | ConnectException e) {
      throw e;
    } catch (IOException e) {
      return WholeAnswer.of(http, request, BodyHandlers.ofString());
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static HttpRequest request(
      Examinee examinee, String question, Optional<String> key, int maxTokens, Duration patience)
      throws JsonProcessingException {
    var body =
        Map.of(
            "model",
            examinee.model(),
            "messages",
            List.of(Map.of("role", "user", "content", question)),
            "temperature",
            0,
            "max_tokens",
            maxTokens,
            "stream",
            false);
    var request =
        HttpRequest.newBuilder(examinee.address().resolve("/v1/chat/completions"))
            .timeout(patience)
            .header("content-type", "application/json")
            .header("cache-control", "no-cache, no-store")
            .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
    key.ifPresent(it -> request.header("authorization", "Bearer " + it));
    return request.build();
  }
}
