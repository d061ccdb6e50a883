package platform.deepseek.inference.api.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import platform.deepseek.inference.api.anthropic.AnthropicErrors;
import platform.deepseek.inference.api.deepseek.DeepSeekErrors;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.openai.OpenAiErrors;

/** Whose shape a failure at a path has, also where there is no such route. */
final class Styles {

  private static final List<String> ANTHROPIC = List.of("/anthropic", "/v1/messages");
  private static final List<String> DEEPSEEK =
      List.of("/beta", "/chat", "/completions", "/models", "/user");

  private Styles() {}

  /** At {@code /v1/models}, where two APIs meet, the header tells that all of Anthropic's send. */
  static ErrorStyle of(HttpServerRequest request) {
    String path = request.path();
    return below("/v1/models", path) && request.headers().contains("anthropic-version")
        ? AnthropicErrors.STYLE
        : of(path);
  }

  private static ErrorStyle of(String path) {
    if (ANTHROPIC.stream().anyMatch(prefix -> below(prefix, path))) {
      return AnthropicErrors.STYLE;
    }
    return DEEPSEEK.stream().anyMatch(prefix -> below(prefix, path))
        ? DeepSeekErrors.STYLE
        : OpenAiErrors.STYLE;
  }

  private static boolean below(String prefix, String path) {
    return path.startsWith(prefix)
        && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
  }
}
