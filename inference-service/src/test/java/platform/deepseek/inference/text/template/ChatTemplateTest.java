package platform.deepseek.inference.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.text.template.TemplateException.Kind;

class ChatTemplateTest {

  private static TemplateException failure(String source, Map<String, Object> variables) {
    return catchThrowableOfType(
        TemplateException.class, () -> TemplateCases.render(source, variables));
  }

  @Test
  void syntaxErrorsNameLineAndColumn() {
    var error = failure("first\n  {{ 1 + }}", Map.of());
    assertThat(error.kind()).isEqualTo(Kind.SYNTAX);
    assertThat(error.line()).isEqualTo(2);
    assertThat(error.column()).isEqualTo(10);
    assertThat(error)
        .hasMessage("chat template, line 2, column 10: Expected an expression, found '}}'.");
  }

  @Test
  void failuresOfOperationsNameTheInnermostExpression() {
    var error = failure("a\n\n{% if true %}{{ ['x', 'y' + 1] }}{% endif %}", Map.of());
    assertThat(error.kind()).isEqualTo(Kind.EVALUATION);
    assertThat(error.line()).isEqualTo(3);
    assertThat(error.column()).isEqualTo(27);
    assertThat(error.detail()).isEqualTo("can only concatenate str (not \"int\") to str");
  }

  @Test
  void theAuthorsSentenceComesOutAlone() {
    var error = failure("{{ raise_exception('Roles must alternate: ' ~ n) }}", Map.of("n", 3));
    assertThat(error.kind()).isEqualTo(Kind.RAISED);
    assertThat(error.detail()).isEqualTo("Roles must alternate: 3");
    assertThat(error).hasMessageContaining("line 1, column");
  }

  @Test
  void undefinedValuesSayWhatWasMissing() {
    assertThat(failure("{{ message.content }}", Map.of()).detail())
        .isEqualTo("'message' is undefined");
    assertThat(failure("{{ m.function.name }}", Map.of("m", Map.of())).detail())
        .isEqualTo("'dict object' has no attribute 'function'");
    assertThat(failure("{{ l.append(1) }}", Map.of("l", List.of())).detail())
        .isEqualTo("access to attribute 'append' of 'list' object is unsafe.");
  }

  @Test
  void windowsLineEndsCountAsOneLine() {
    assertThat(failure("a\r\nb\r\n{{ x.y }}", Map.of()).line()).isEqualTo(3);
  }

  @Test
  void numbersOfEveryJavaTypeAreAccepted() {
    Map<String, Object> variables =
        Map.of(
            "n",
            List.of(
                1,
                2L,
                (short) 3,
                (byte) 4,
                1.5f,
                2.5,
                new BigInteger("18446744073709551616"),
                new BigDecimal("0.25")));
    assertThat(TemplateCases.render("{{ n }} {{ n[0] + n[1] }}", variables))
        .isEqualTo("[1, 2, 3, 4, 1.5, 2.5, 18446744073709551616, 0.25] 3");
  }

  @Test
  void variablesOfOtherTypesAreRefused() {
    var error = failure("x", Map.of("now", new StringBuilder("x")));
    assertThat(error.kind()).isEqualTo(Kind.EVALUATION);
    assertThat(error.detail()).contains("A variable of type StringBuilder has no meaning");
  }

  @Test
  void nullIsNoneAndAbsentIsUndefined() {
    var variables = new HashMap<String, Object>();
    variables.put("tools", null);
    assertThat(
            TemplateCases.render(
                "{{ tools is defined }} {{ tools is none }} {{ tools }} {{ other is defined }}",
                variables))
        .isEqualTo("True True None False");
  }

  @Test
  void oneTemplateServesManyThreads() throws Exception {
    var template =
        ChatTemplate.parse(
            "{% set ns = namespace(t=0) %}{% for i in range(n) %}{% set ns.t = ns.t + i %}"
                + "{% endfor %}{{ ns.t }}");
    try (var executor = Executors.newFixedThreadPool(4)) {
      List<Future<String>> results = new ArrayList<>();
      for (var i = 0; i < 200; i++) {
        Map<String, Object> variables = Map.of("n", i);
        results.add(executor.submit(() -> template.render(variables)));
      }
      for (var i = 0; i < 200; i++) {
        assertThat(results.get(i).get()).isEqualTo(Integer.toString(i * (i - 1) / 2));
      }
    }
  }
}
