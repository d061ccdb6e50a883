package platform.deepseek.operator.question;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.http.WholeAnswer;

/**
 * Asks the first model that a server names one question in a stream and prints the answer: the pod
 * of {@code helm test}. The environment says ADDRESS, QUESTION, API_KEY and, where it is not
 * publicly signed, CERTIFICATE, a PEM file. Exit status: 0 an answer came whole, 1 none did, and a
 * line says why.
 */
public final class Question {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String DATA = "data: ";
  private static final String END = "[DONE]";
  private static final int TOKENS = 32;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> environment;
  private final PrintStream out;
  private final Duration patience;

  Question(Map<String, String> environment, PrintStream out, Duration patience) {
    this.environment = Map.copyOf(environment);
    this.out = out;
    this.patience = patience;
  }

  /** Asks what the environment says, and writes UTF-8 whatever the locale is. */
  public static void main(String[] arguments) throws InterruptedException {
    var out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.exit(new Question(System.getenv(), out, PATIENCE).ask());
  }

  int ask() throws InterruptedException {
    try {
      var client = client();
      try {
        return ask(client) ? 0 : 1;
      } finally {
        client.shutdownNow();
      }
    } catch (HttpTimeoutException e) {
      out.printf(
          "no whole answer from %s within %d s%n",
          environment.get("ADDRESS"), patience.toSeconds());
      return 1;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      out.printf("no answer from %s: %s%n", environment.get("ADDRESS"), e);
      return 1;
    }
  }

  private boolean ask(HttpClient client) throws IOException, InterruptedException {
    var models = WholeAnswer.of(client, request("/v1/models").build(), BodyHandlers.ofString());
    if (models.statusCode() != 200) {
      out.printf("status %d: %s%n", models.statusCode(), models.body());
      return false;
    }
    var model = JSON.readTree(models.body()).at("/data/0/id").asText("");
    return answered(WholeAnswer.of(client, question(model), BodyHandlers.ofString()));
  }

  private HttpClient client() throws IOException, GeneralSecurityException {
    var builder = HttpClient.newBuilder().connectTimeout(patience);
    var certificate = environment.get("CERTIFICATE");
    if (certificate != null) {
      builder.sslContext(PinnedCertificate.context(Path.of(certificate)));
    }
    return builder.build();
  }

  private HttpRequest question(String model) throws IOException {
    var body =
        JSON.writeValueAsString(
            Map.of(
                "model",
                model,
                "stream",
                true,
                "max_tokens",
                TOKENS,
                "messages",
                List.of(Map.of("role", "user", "content", wanted("QUESTION")))));
    return request("/v1/chat/completions")
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(wanted("ADDRESS") + path))
        .timeout(patience)
        .header("Authorization", "Bearer " + wanted("API_KEY"));
  }

  private String wanted(String name) {
    var value = environment.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is not set");
    }
    return value;
  }

  private boolean answered(HttpResponse<String> response) throws IOException {
    var lines = response.body().lines().toList();
    if (response.statusCode() != 200) {
      out.printf("status %d: %s%n", response.statusCode(), String.join(" ", lines));
      return false;
    }
    var answer = new StringBuilder();
    var ended = false;
    for (var line : lines) {
      if (line.equals(DATA + END)) {
        ended = true;
      } else if (line.startsWith(DATA)) {
        answer.append(
            JSON.readTree(line.substring(DATA.length())).at("/choices/0/delta/content").asText(""));
      }
    }
    out.println(answer.isEmpty() ? "an empty answer" : answer);
    if (!ended) {
      out.println("the stream broke off");
    }
    return ended && !answer.isEmpty();
  }
}
