package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which of the three decides, as it is configured. */
class AuthorizationTest {

  private static final String URL = "http://127.0.0.1:8082";

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  private Authorization configured(Map<String, String> settings) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(AuthorizationConfig.class);
    settings.forEach(builder::withDefaultValue);
    SmallRyeConfig config = builder.build();
    return new Authorization(
        config.getConfigMapping(AuthorizationConfig.class), vertx, new SimpleMeterRegistry());
  }

  @Test
  void authServiceDecidesWhereItsAddressIsKnown() {
    Authorization authorization =
        configured(
            Map.of("deepseek.auth.url", URL, "deepseek.auth.service-key", "0123456789abcdef"));
    assertThat(authorization.mode()).isEqualTo(AuthorizationMode.PLATFORM);
    assertThat(authorization.service()).isPresent();
  }

  @Test
  void theOneKeyDecidesWhereItIsNot() {
    Authorization authorization = configured(Map.of());
    assertThat(authorization.mode()).isEqualTo(AuthorizationMode.API_KEY);
    assertThat(authorization.service()).isEmpty();
  }

  @Test
  void whatIsSaidHoldsWhateverElseIsKnown() {
    Authorization key =
        configured(Map.of("deepseek.auth.url", URL, "deepseek.auth.mode", "api-key"));
    assertThat(key.mode()).isEqualTo(AuthorizationMode.API_KEY);
    assertThat(key.service()).isEmpty();
    Authorization none = configured(Map.of("deepseek.auth.url", URL, "deepseek.auth.mode", "none"));
    assertThat(none.mode()).isEqualTo(AuthorizationMode.NONE);
    assertThat(none.service()).isEmpty();
  }

  @Test
  void thePlatformWithoutItsAddressIsRefusedWithWhatToDo() {
    assertThatThrownBy(() -> configured(Map.of("deepseek.auth.mode", "platform")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("DEEPSEEK_AUTH_MODE=platform needs DEEPSEEK_AUTH_URL");
  }

  @Test
  void aModeThatNoEngineHasIsRefusedByName() {
    assertThatThrownBy(() -> configured(Map.of("deepseek.auth.mode", "oidc")))
        .hasMessageContaining("oidc");
  }
}
