package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** {@code auth.mode: None} of a DeepSeekDeployment: the network decides, nobody shows a key. */
@QuarkusTest
@TestProfile(OpenServiceTest.Open.class)
class OpenServiceTest {

  /** The parrot, told as the operator tells the engine. */
  public static final class Open extends ParrotProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
      overrides.remove("deepseek.api-key");
      overrides.put("deepseek.auth.mode", "none");
      return overrides;
    }
  }

  @TestHTTPResource("/")
  URI server;

  static List<Call> calls() {
    return Endpoint.calls();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aRequestWithoutAKeyIsAnswered(Call call) throws IOException {
    String body = call.endpoint().request("Hello", 5, call.stream());
    HttpReply reply = send("POST", call.endpoint().path, Map.of(), body);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer sk-anything", "Basic bWU6bWU=", ""})
  void aKeyThatIsSentAllTheSameIsNotLookedAt(String authorization) throws IOException {
    assertThat(send("GET", "/v1/models", Map.of("authorization", authorization), null).status())
        .isEqualTo(200);
  }

  @Test
  void routesThatThereAreNotStayUnknown() throws IOException {
    assertThat(send("GET", "/v1/decisions", Map.of(), null).status()).isEqualTo(404);
  }

  private HttpReply send(String method, String path, Map<String, String> headers, String body)
      throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      client.send(
          method, path, headers, body == null ? null : body.getBytes(StandardCharsets.UTF_8));
      return client.reply();
    }
  }
}
