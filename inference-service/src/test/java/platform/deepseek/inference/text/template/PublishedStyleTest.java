package platform.deepseek.inference.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Templates in the style of published models write the prompts that jinja2 writes. */
class PublishedStyleTest {

  private static final String RAISED = "TemplateError: ";

  @TestFactory
  Stream<DynamicTest> promptsAreThoseOfJinja() {
    return TemplateCases.read("published_style.json").stream()
        .map(example -> DynamicTest.dynamicTest(example.name(), () -> check(example)));
  }

  private static void check(TemplateCases.Case example) {
    var source = TemplateCases.text(example.template());
    if (example.error() == null) {
      assertThat(TemplateCases.render(source, example.variables())).isEqualTo(example.rendered());
      return;
    }
    var error =
        catchThrowableOfType(
            TemplateException.class, () -> TemplateCases.render(source, example.variables()));
    assertThat(error).as(example.error()).isNotNull();
    if (example.error().startsWith(RAISED)) {
      assertThat(error.kind()).isEqualTo(TemplateException.Kind.RAISED);
      assertThat(error.detail()).isEqualTo(example.error().substring(RAISED.length()));
    }
  }
}
