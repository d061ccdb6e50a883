package platform.deepseek.operator.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.desired.Settings;

/** The packaged operator: its configuration, probes and metrics. */
@QuarkusTest
@TestProfile(NamespacedProfile.class)
class OperatorTest {

  @Inject Settings settings;

  @TestHTTPResource(value = "/", management = true)
  URI management;

  @Test
  void theConfigurationNamesTheUsualGpus() {
    assertThat(settings.gpuClasses()).containsKeys("B200", "H200", "H100", "A100", "L40S", "L4");
    assertThat(settings.gpuClasses().get("H200").memoryMiB()).isEqualTo(143_771);
    assertThat(settings.downloadImage()).isEqualTo("deepseek-platform/inference-service:latest");
  }

  @Test
  void itIsReadyOnceItWatchesAndPublishesMetrics() {
    given().when().get(management.resolve("/q/health/ready")).then().statusCode(200);
    given()
        .when()
        .get(management.resolve("/q/metrics"))
        .then()
        .statusCode(200)
        .body(containsString("operator_sdk"));
  }
}
