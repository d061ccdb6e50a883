package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.ConfigMapping;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.anthropic.MessagesFields;
import platform.deepseek.inference.api.authorization.AuthorizationConfig;
import platform.deepseek.inference.api.cache.AnswerCacheConfig;
import platform.deepseek.inference.api.cache.PrefixStoreConfig;
import platform.deepseek.inference.api.embeddings.EmbeddingFields;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.health.DrainConfig;
import platform.deepseek.inference.api.metrics.GpuMetric;
import platform.deepseek.inference.api.openai.RequestField;
import platform.deepseek.inference.api.openai.RequestFields;
import platform.deepseek.inference.api.responses.ResponseFields;
import platform.deepseek.inference.api.tokens.TokenFields;

/**
 * The tables in docs/ are those of the code. After a wanted change run with {@code
 * -Dgolden.record=true}.
 */
class DocumentationTest {

  private static final Path DOCS = Path.of("..", "docs");
  private static final boolean RECORD = Boolean.getBoolean("golden.record");

  @Test
  void everyErrorIsDocumentedAsItIs() throws IOException {
    StringBuilder table = new StringBuilder("| code | status | type | when | what to do |\n");
    table.append("|---|---|---|---|---|\n");
    for (ApiError error : ApiError.values()) {
      table.append(
          "| `%s` | %d | `%s` | %s | %s |\n"
              .formatted(error.code(), error.status, error.kind.type, error.meaning, error.remedy));
    }
    assertPart("errors.md", "errors", table.toString());
  }

  @Test
  void everyFieldIsDocumentedAsItIsTreated() throws IOException {
    assertPart("api.md", "chat", table(RequestFields.CHAT));
    assertPart("api.md", "completions", table(RequestFields.COMPLETION));
    assertPart("api.md", "responses", table(ResponseFields.RESPONSE));
    assertPart("api.md", "input_tokens", table(ResponseFields.INPUT_TOKENS));
    assertPart("api.md", "embeddings", table(EmbeddingFields.EMBEDDINGS));
    assertPart("api.md", "tokenize", table(TokenFields.TOKENIZE));
    assertPart("api.md", "detokenize", table(TokenFields.DETOKENIZE));
    assertPart("api.md", "messages", table(MessagesFields.ALL));
  }

  @Test
  void everyMetricOfAGpuIsDocumentedAsItIs() throws IOException {
    StringBuilder table = new StringBuilder("| series | meaning |\n|---|---|\n");
    for (GpuMetric metric : GpuMetric.values()) {
      table.append("| `%s` | %s |\n".formatted(metric.series(), metric.description()));
    }
    assertPart("metrics.md", "gpu", table.toString());
  }

  @Test
  void everySettingIsDocumentedUnderItsTwoNames() throws IOException {
    String text = Files.readString(DOCS.resolve("configuration.md"));
    for (Class<?> settings :
        List.of(
            ServiceConfig.class,
            AuthorizationConfig.class,
            AnswerCacheConfig.class,
            PrefixStoreConfig.class,
            DrainConfig.class)) {
      String prefix = settings.getAnnotation(ConfigMapping.class).prefix();
      for (Method setting : settings.getDeclaredMethods()) {
        String kebab = setting.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        assertThat(text).containsPattern("\\| `[A-Z_]+` \\| `" + prefix + "." + kebab + "` \\|");
      }
    }
  }

  private static String table(List<RequestField> fields) {
    StringBuilder table = new StringBuilder("| field | | |\n|---|---|---|\n");
    for (RequestField field : fields) {
      table.append(
          "| `%s` | %s | %s |\n"
              .formatted(
                  field.name(), field.treatment().name().toLowerCase(Locale.ROOT), field.note()));
    }
    return table.toString();
  }

  /** The lines between {@code <!-- begin name -->} and {@code <!-- end name -->}. */
  private static void assertPart(String file, String name, String expected) throws IOException {
    Path path = DOCS.resolve(file);
    String text = Files.readString(path);
    String begin = "<!-- begin " + name + " -->\n";
    int start = text.indexOf(begin) + begin.length();
    int end = text.indexOf("<!-- end " + name + " -->");
    if (RECORD) {
      Files.writeString(path, text.substring(0, start) + expected + text.substring(end));
      return;
    }
    assertThat(text.substring(start, end)).isEqualTo(expected);
  }
}
