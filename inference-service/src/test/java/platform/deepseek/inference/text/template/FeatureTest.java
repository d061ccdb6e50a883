package platform.deepseek.inference.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** One case for every construct of the language, against golden output of jinja2. */
class FeatureTest {

  @TestFactory
  Stream<DynamicTest> everyConstructDoesWhatItDoesInJinja() {
    return TemplateCases.read("features.json").stream()
        .map(example -> DynamicTest.dynamicTest(example.name(), () -> check(example)));
  }

  private static void check(TemplateCases.Case example) {
    if (example.error() == null) {
      assertThat(TemplateCases.render(example.template(), example.variables()))
          .isEqualTo(example.rendered());
    } else {
      assertThatExceptionOfType(TemplateException.class)
          .as(example.error())
          .isThrownBy(() -> TemplateCases.render(example.template(), example.variables()));
    }
  }
}
