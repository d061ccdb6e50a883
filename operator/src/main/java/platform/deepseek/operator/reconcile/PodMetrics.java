package platform.deepseek.operator.reconcile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.resource.CanaryCheck;
import platform.deepseek.operator.resource.CheckResult;

/**
 * Measures by custom.metrics.k8s.io, the API that autoscalers read too: the mean over the pods of
 * the canary that have its revision. So the operator needs no address and no password of a metrics
 * server.
 */
final class PodMetrics {

  private static final Logger LOG = Logger.getLogger(PodMetrics.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOT_FOUND = 404;

  private final KubernetesClient client;

  PodMetrics(KubernetesClient client) {
    this.client = Glance.with(client);
  }

  CheckResult measure(Candidate candidate, CanaryCheck check) {
    var value = mean(candidate, check.metric().metricName());
    return value.isEmpty()
        ? new CheckResult(check.metric(), null, false)
        : new CheckResult(
            check.metric(),
            String.format(Locale.ROOT, "%.4f", value.getAsDouble()),
            check.passes(value.getAsDouble()));
  }

  private OptionalDouble mean(Candidate candidate, String metric) {
    var metadata = candidate.resource().getMetadata();
    var labels = new TreeMap<>(Labels.server(metadata.getName(), Track.CANARY));
    labels.put(Labels.REVISION, candidate.canary().canaryRevision());
    var selector =
        labels.entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining(","));
    var path =
        "/apis/custom.metrics.k8s.io/v1beta2/namespaces/%s/pods/*/%s?labelSelector=%s"
            .formatted(
                metadata.getNamespace(),
                metric,
                URLEncoder.encode(selector, StandardCharsets.UTF_8));
    try {
      var answer = client.raw(path);
      return answer == null ? OptionalDouble.empty() : mean(JSON.readTree(answer));
    } catch (KubernetesClientException e) {
      if (e.getCode() != NOT_FOUND) {
        LOG.warnf(
            "metric %s of %s could not be read: %s", metric, metadata.getName(), e.getMessage());
      }
      return OptionalDouble.empty();
    } catch (JsonProcessingException e) {
      LOG.warnf(
          "metric %s of %s is no JSON: %s", metric, metadata.getName(), e.getOriginalMessage());
      return OptionalDouble.empty();
    }
  }

  private static OptionalDouble mean(JsonNode list) {
    return StreamSupport.stream(list.path("items").spliterator(), false)
        .mapToDouble(
            item -> new Quantity(item.path("value").asText()).getNumericalAmount().doubleValue())
        .average();
  }
}
