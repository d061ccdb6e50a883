package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Purges, statistics and metrics. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class AdministrationRoutesTest extends LiveService {

  @TestHTTPResource(value = "/", management = true)
  URI management;

  @Test
  void aPurgedKeyModelOrTenantIsNotFoundAgain() {
    for (String what : new String[] {"entries", "models", "tenants"}) {
      ObjectNode question = question();
      String weights = "sha256:" + UUID.randomUUID();
      String tenant = UUID.randomUUID().toString();
      question.put("tenant", tenant);
      ((ObjectNode) question.get("model")).put("weights", weights);
      JsonNode lease = lookup(question);
      assertThat(store(lease, text("entry-request.json")).statusCode()).isEqualTo(204);
      assertThat(lookup(question).get("outcome").textValue()).isEqualTo("hit");
      String name =
          switch (what) {
            case "entries" -> lease.get("key").textValue();
            case "models" -> weights;
            default -> tenant;
          };
      HttpResponse<String> purged = send(to("/v1/" + what + "/" + name).DELETE());
      assertThat(purged.statusCode()).as(purged.body()).isEqualTo(200);
      requireSameShape(example("purge-reply"), json(purged.body()));
      assertThat(lookup(question).get("outcome").textValue()).as(what).isEqualTo("lease");
    }
  }

  @Test
  void whatCannotBeANameIsNotPurged() {
    assertThat(send(to("/v1/entries/abc").DELETE()).statusCode()).isEqualTo(400);
    assertThat(send(to("/v1/models/a,b").DELETE()).statusCode()).isEqualTo(400);
  }

  @Test
  void statisticsTellOfTiersAndTenants() {
    ObjectNode question = question();
    String tenant = UUID.randomUUID().toString();
    question.put("tenant", tenant);
    store(lookup(question), text("entry-request.json"));
    lookup(question);
    JsonNode real = json(send(to("/v1/statistics").GET()).body());
    ObjectNode example = (ObjectNode) example("statistics");
    JsonNode ofTenant = real.get("tenants").get(tenant);
    assertThat(ofTenant.get("hits").intValue()).isEqualTo(1);
    assertThat(ofTenant.get("misses").intValue()).isEqualTo(1);
    assertThat(ofTenant.get("secondsSaved").doubleValue()).isEqualTo(1.31);
    requireSameShape(example.get("tenants").elements().next(), ofTenant);
    example.remove("tenants");
    ((ObjectNode) real).remove("tenants");
    requireSameShape(example, real);
    assertThat(real.at("/tiers/redis/state").textValue()).isEqualTo("off");
    assertThat(real.at("/tiers/rocksdb/state").textValue()).isEqualTo("up");
  }

  @Test
  void metricsAndProbesAreOnThePortOfTheManagement() {
    lookup(question());
    HttpResponse<String> metrics = send(HttpRequest.newBuilder(management.resolve("/q/metrics")));
    assertThat(metrics.body())
        .contains("deepseek_cache_lookups_total{outcome=\"lease\"}")
        .contains("deepseek_cache_tier_total{event=\"hit\",tier=\"memory\"}")
        .contains("deepseek_cache_tier_down{tier=\"rocksdb\"} 0.0")
        .contains("deepseek_cache_lookup_seconds_count{result=\"miss\"}");
    HttpResponse<String> ready =
        send(HttpRequest.newBuilder(management.resolve("/q/health/ready")));
    assertThat(json(ready.body()).get("status").textValue()).isEqualTo("UP");
    assertThat(send(HttpRequest.newBuilder(root.resolve("/q/metrics"))).statusCode())
        .isEqualTo(404);
    assertThat(
            json(send(HttpRequest.newBuilder(root.resolve("/health"))).body())
                .get("status")
                .textValue())
        .isEqualTo("ok");
  }
}
