package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** What Kubernetes and Prometheus see, on a port of their own. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class ManagementTest {

  @TestHTTPResource("/")
  URI server;

  @TestHTTPResource(value = "/q/metrics", management = true)
  URI management;

  @Inject ServedModel model;

  private HttpReply get(URI address, String path) throws IOException {
    try (RawConnection connection = new RawConnection(address)) {
      connection.send(
          "GET",
          path,
          Map.of("authorization", "Bearer " + ParrotProfile.KEY, "accept", "text/plain"),
          null);
      return connection.reply();
    }
  }

  /** The text format allows a comma behind the last label. */
  private double metric(String series) throws IOException {
    String exact = Pattern.quote(series).replace("\"}", "\"\\E,?\\Q}");
    Matcher line =
        Pattern.compile("^" + exact + " (.+)$", Pattern.MULTILINE)
            .matcher(get(management, "/q/metrics").body());
    assertThat(line.find()).as(series).isTrue();
    return Double.parseDouble(line.group(1));
  }

  private int chat(String body) throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/chat/completions", ParrotProfile.KEY, body);
      return connection.reply().status();
    }
  }

  @Test
  void everyPromisedMetricIsThereUnderItsName() throws Exception {
    chat("{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    Await.until(
        Duration.ofMinutes(1), "the engine is idle", () -> model.engine().stats().running() == 0);
    String text = get(management, "/q/metrics").body();
    assertThat(text)
        .contains(
            "deepseek_requests_running 0.0",
            "deepseek_requests_waiting 0.0",
            "deepseek_kv_cache_usage_ratio 0.0",
            "deepseek_time_to_first_token_seconds_bucket{le=\"0.005\"",
            "deepseek_inter_token_seconds_bucket{le=\"0.05\"",
            "deepseek_prompt_tokens_total ",
            "deepseek_generation_tokens_total ",
            "deepseek_prefix_cache_hit_tokens_total ",
            "deepseek_requests_total{outcome=\"completed\"",
            "deepseek_requests_total{outcome=\"cancelled\"",
            "deepseek_batch_size_bucket{le=\"8.0\"",
            "deepseek_step_duration_seconds_bucket{le=\"0.01\"",
            "deepseek_cancellations_total ",
            "deepseek_preemptions_total ",
            "deepseek_engine_batch_limit 16.0",
            "deepseek_engines{state=\"serving\"",
            "deepseek_engines{state=\"lost\"");
    assertThat(text).as("on the processor").doesNotContain("deepseek_kv_mapped", "_weights_load_");
    for (ApiError error : ApiError.values()) {
      assertThat(text).contains("deepseek_errors_total{code=\"" + error.code() + "\"");
    }
  }

  @Test
  void requestsAndErrorsAreCounted() throws Exception {
    double completed = metric("deepseek_requests_total{outcome=\"completed\"}");
    double rejected = metric("deepseek_requests_total{outcome=\"rejected\"}");
    double unreadable = metric("deepseek_errors_total{code=\"invalid_json\"}");
    double generated = metric("deepseek_generation_tokens_total");

    assertThat(chat("{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
        .isEqualTo(200);
    assertThat(chat("{")).isEqualTo(400);

    assertThat(metric("deepseek_requests_total{outcome=\"completed\"}")).isEqualTo(completed + 1);
    assertThat(metric("deepseek_requests_total{outcome=\"rejected\"}")).isEqualTo(rejected + 1);
    assertThat(metric("deepseek_errors_total{code=\"invalid_json\"}")).isEqualTo(unreadable + 1);
    assertThat(metric("deepseek_generation_tokens_total")).isGreaterThan(generated);
  }

  @Test
  void theProbesSayUpAndNameTheModel() throws Exception {
    assertThat(get(management, "/q/health/live").status()).isEqualTo(200);
    JsonNode ready = new ObjectMapper().readTree(get(management, "/q/health/ready").body());
    assertThat(ready.get("status").textValue()).isEqualTo("UP");
    assertThat(ready.toString())
        .contains("\"model\":\"parrot\"", "\"enginesServing\":1", "\"enginesLost\":0");
  }

  @Test
  void thePublicPortHasNoneOfIt() throws Exception {
    assertThat(get(server, "/q/metrics").status()).isEqualTo(404);
    assertThat(get(server, "/q/health").status()).isEqualTo(404);
  }
}
