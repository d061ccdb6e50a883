package platform.deepseek.inference.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The templates of the tokenizer fixtures against what transformers rendered. */
class FixtureTemplateTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  Stream<DynamicTest> reasoningTemplateWritesThePromptsOfTransformers() throws IOException {
    return cases("tokenizer", 28);
  }

  @TestFactory
  Stream<DynamicTest> toolTemplateWritesThePromptsOfTransformers() throws IOException {
    return cases("tokenizer_qwen_style", 12);
  }

  private static Stream<DynamicTest> cases(String folder, int count) throws IOException {
    var configuration = read(folder + "/tokenizer_config.json");
    var template = ChatTemplate.parse((String) configuration.get("chat_template"));
    var cases = new ArrayList<DynamicTest>();
    for (var item : (List<?>) read(folder + "/chat_template.json").get("cases")) {
      Map<String, Object> example = JSON.convertValue(item, new TypeReference<>() {});
      cases.add(
          DynamicTest.dynamicTest(
              folder + "/" + example.get("name"), () -> check(template, configuration, example)));
    }
    assertThat(cases).hasSize(count);
    return cases.stream();
  }

  private static void check(
      ChatTemplate template, Map<String, Object> configuration, Map<String, Object> example) {
    var variables = variables(configuration, example);
    if (example.containsKey("error")) {
      var error = catchThrowableOfType(TemplateException.class, () -> template.render(variables));
      assertThat(error.kind()).isEqualTo(TemplateException.Kind.RAISED);
      assertThat(error.detail()).isEqualTo(example.get("error"));
    } else {
      assertThat(template.render(variables)).isEqualTo(example.get("rendered"));
    }
  }

  private static Map<String, Object> variables(
      Map<String, Object> configuration, Map<String, Object> example) {
    Map<String, Object> variables = new LinkedHashMap<>();
    for (var token : List.of("bos_token", "eos_token", "pad_token")) {
      var value = configuration.get(token);
      if (value != null) {
        variables.put(token, value instanceof Map<?, ?> added ? added.get("content") : value);
      }
    }
    variables.put("messages", example.get("messages"));
    variables.put("tools", example.get("tools"));
    variables.put("add_generation_prompt", example.get("add_generation_prompt"));
    if (example.get("extra") instanceof Map<?, ?> extra) {
      extra.forEach((name, value) -> variables.put((String) name, value));
    }
    return variables;
  }

  private static Map<String, Object> read(String path) throws IOException {
    try (var stream = FixtureTemplateTest.class.getResourceAsStream("/fixtures/" + path)) {
      return JSON.readValue(stream, new TypeReference<>() {});
    }
  }
}
