package platform.deepseek.auth.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {

  private static final RouteTable ROUTES = RouteTable.standard();

  @ParameterizedTest
  @CsvSource({
    "POST, /v1/chat/completions, GENERATE",
    "POST, /beta/completions, GENERATE",
    "POST, /anthropic/v1/messages, GENERATE",
    "GET, /v1/models, LOOK",
    "GET, /v1/models/deepseek-r1, LOOK",
    "GET, /v1/models/owner/model, LOOK",
    "GET, /v1/responses/resp_1, LOOK",
    "POST, /v1/responses/resp_1/cancel, LOOK",
    "GET, /user/balance, LOOK",
    "GET, /logs, READ_LOGS",
    "GET, /logs/2026/11/22, READ_LOGS"
  })
  void aRouteAsksForItsAction(String method, String path, Action action) {
    assertThat(ROUTES.find(method, path)).contains(action);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//v1/chat/completions",
        "/v1//chat/completions",
        "/v1/chat/completions/",
        "/V1/chat/completions",
        "/v1/Chat/Completions",
        "/v1/chat/completions;x",
        "/v1/chat/%63ompletions",
        "/v1/%2e/chat/completions",
        "/v1/./chat/completions",
        "/v1/x/../chat/completions",
        "/v1\\chat\\completions",
        "/v1/chat/completions\0",
        "v1/chat/completions",
        "/v1/chat",
        "/",
        ""
      })
  void whatIsNotExactlyARouteIsNone(String path) {
    assertThat(ROUTES.find("POST", path)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/logs/",
        "/logs//x",
        "/logs/../v1/admin/keys",
        "/logs/./x",
        "/logs/%2e%2e/x",
        "/logs/x/",
        "/logs/..",
        "/logsx",
        "/v1/models/",
        "/v1/models//",
        "/v1/responses/a/b",
        "/v1/responses/"
      })
  void noPatternCoversAPathThatServersReadDifferently(String path) {
    assertThat(ROUTES.find("GET", path)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "post", "PUT", "OPTIONS", "TRACE", ""})
  void anotherMethodIsAnotherRoute(String method) {
    assertThat(ROUTES.find(method, "/v1/chat/completions")).isEmpty();
  }

  @Test
  void aRouteThatIsThereTwiceKeepsTheServiceFromStarting() {
    assertThatThrownBy(() -> RouteTable.parse(Table.rows("GET /a look\nGET /a generate")))
        .hasMessageContaining("GET /a");
    assertThatThrownBy(() -> RouteTable.parse(Table.rows("GET /a fly")))
        .hasMessageContaining("fly");
  }
}
