package platform.deepseek.operator.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.desired.Settings;

/** The packaged operator: its configuration, probes and metrics. */
@QuarkusTest
@TestProfile(NamespacedProfile.class)
class OperatorTest {

  @Inject Settings settings;

  @ConfigProperty(name = "quarkus.management.test-port", defaultValue = "0")
  int ignored;

  @org.eclipse.microprofile.config.inject.ConfigProperty(name = "test.url", defaultValue = "")
  String url;

  @Test
  void theConfigurationNamesTheUsualGpus() {
    assertThat(settings.gpuClasses())
        .containsKeys("B200", "H200", "H100", "A100", "L40S", "L4");
    assertThat(settings.gpuClasses().get("H200").memoryMiB()).isEqualTo(143_771);
    assertThat(settings.downloadImage()).isEqualTo("deepseek-platform/inference-service:latest");
  }
}
