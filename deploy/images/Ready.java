import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/**
 * Asks the service in this container whether it is ready, for engines that can only run a program
 * to find out (compose): the image has no shell and no curl. {@code java -cp /health Ready PORT}
 */
final class Ready {

  private Ready() {}

  public static void main(String[] arguments) throws Exception {
    URI question = URI.create("http://127.0.0.1:" + arguments[0] + "/q/health/ready");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(question).timeout(Duration.ofSeconds(5)).build();
      if (client.send(request, BodyHandlers.discarding()).statusCode() != 200) {
        System.exit(1);
      }
    }
  }
}
