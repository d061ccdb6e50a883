package platform.deepseek.operator.heal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import platform.deepseek.operator.anomaly.Detector.Anomaly;
import platform.deepseek.operator.anomaly.Field;
import platform.deepseek.operator.http.WholeAnswer;

/**
 * Tells an anomaly to somebody outside. Rules are written by users of namespaces and requests come
 * from the operator's place in the network, so only hosts that the administrator has named are
 * spoken to, and redirects are not followed.
 */
public final class Webhook {

  /** How long a receiver is waited for: reconciliations wait with it. */
  public static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final int LONGEST_TEXT = 1_500;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> hosts;
  private final Duration patience;
  private final HttpClient http;

  /**
   * @param patience for a whole answer
   */
  public Webhook(List<String> hosts, Duration patience) {
    this.hosts = List.copyOf(hosts);
    this.patience = patience;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** A message in Slack's format; the answer says what became of it. */
  public String message(String url, String resource, Anomaly anomaly) {
    return post(
        url,
        JSON.createObjectNode()
            .put(
                "text",
                "*%s* at %s: seen %d time(s) within %s, last at pod %s: %s"
                    .formatted(
                        anomaly.rule().name(),
                        resource,
                        anomaly.count(),
                        anomaly.rule().window(),
                        anomaly.last().text(Field.POD),
                        shortened(anomaly.last().text(Field.MESSAGE)))));
  }

  /** A ticket; its key is the same for the same rule and resource, so that a tracker can join. */
  public String ticket(String url, String resource, Anomaly anomaly) {
    var last = anomaly.last();
    return post(
        url,
        JSON.createObjectNode()
            .put("title", "%s at %s".formatted(anomaly.rule().name(), resource))
            .put("key", "%s/%s".formatted(resource, anomaly.rule().name()))
            .put("resource", resource)
            .put("rule", anomaly.rule().name())
            .put("condition", anomaly.rule().written().condition())
            .put("count", anomaly.count())
            .put("window", anomaly.rule().window().toString())
            .put("time", last.time().toString())
            .put("pod", last.text(Field.POD))
            .put("node", last.text(Field.NODE))
            .put("message", shortened(last.text(Field.MESSAGE))));
  }

  private String post(String url, ObjectNode body) {
    try {
      var target = URI.create(url);
      if (target.getHost() == null || !hosts.contains(target.getHost())) {
        return "not sent: host %s is not in deepseek.operator.webhook-hosts"
            .formatted(target.getHost());
      }
      var answer =
          WholeAnswer.of(
              http,
              HttpRequest.newBuilder(target)
                  .timeout(patience)
                  .header("content-type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                  .build(),
              BodyHandlers.discarding());
      return answer.statusCode() < 300
          ? "sent"
          : "not sent: %s answered %d".formatted(target.getHost(), answer.statusCode());
    } catch (IllegalArgumentException e) {
      return "not sent: the address cannot be read";
    } catch (HttpTimeoutException e) {
      return "not sent: %s gave no whole answer within %d s"
          .formatted(URI.create(url).getHost(), patience.toSeconds());
    } catch (IOException e) {
      return "not sent: " + e.getClass().getSimpleName();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "not sent: the operator ends";
    }
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
  }
}
