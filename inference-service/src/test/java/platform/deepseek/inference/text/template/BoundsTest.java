package platform.deepseek.inference.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import platform.deepseek.inference.text.template.TemplateException.Kind;

/** A hostile template costs a bounded amount of time, memory and stack, and says what it hit. */
class BoundsTest {

  private static final String ROUNDS = "{% for i in range(100000) %}";

  @TestFactory
  Stream<DynamicTest> hostileTemplatesEndInALimitOnASmallStack() {
    return Map.ofEntries(
            Map.entry("endless work", ROUNDS + ROUNDS + "{% endfor %}{% endfor %}"),
            Map.entry("long output", ROUNDS + "{{ 'x' * 1000 }}{% endfor %}"),
            Map.entry("one long string", "{{ 'x' * 1000000000000 }}"),
            Map.entry("one long list", "{{ [1] * 1000000000 }}"),
            Map.entry(
                "doubling",
                "{% set n = namespace(s='xx') %}"
                    + ROUNDS
                    + "{% set n.s = n.s ~ n.s %}{% endfor %}"),
            Map.entry(
                "doubling lists",
                "{% set n = namespace(s=[1]) %}"
                    + ROUNDS
                    + "{% set n.s = n.s + n.s %}{% endfor %}"),
            Map.entry("replacing", "{{ ('x' * 10000)|replace('', 'y' * 100000) }}"),
            Map.entry("joining", "{{ (['x' * 100000] * 10000)|join }}"),
            Map.entry("padding", "{{ 'x'.center(2000000000) }}"),
            Map.entry("format width", "{{ '%999999d' % 1 }}"),
            Map.entry("huge power", "{{ 10 ** (10 ** 10) }}"),
            Map.entry("huge power in steps", "{{ (2 ** 10000) ** 10000 }}"),
            Map.entry(
                "searching", "{% set s = 'x' * 1000000 %}" + ROUNDS + "{{ 'y' in s }}{% endfor %}"),
            Map.entry("printing shared strings", "{{ ['x' * 1000000] * 100000 }}"),
            Map.entry("json of shared strings", "{{ (['x' * 1000000] * 100000)|tojson }}"),
            Map.entry("endless recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
            Map.entry(
                "endless recursion in arguments",
                "{% macro f(x) %}{{ [f([f(1)])] }}{% endmacro %}{{ f(1) }}"),
            Map.entry(
                "recursion through call blocks",
                "{% macro f() %}{% call f() %}{% endcall %}{{ caller }}{% endmacro %}{{ f() }}"),
            Map.entry(
                "a value inside itself", "{% set n = namespace() %}{% set n.n = [n] %}{{ n }}"),
            Map.entry("deep value", deepValue("[n.v]") + "{{ n.v }}"),
            Map.entry("deep value as JSON", deepValue("{'a': n.v}") + "{{ n.v|tojson }}"),
            Map.entry(
                "deep values compared",
                deepValue("[n.v]") + "{% set a = n.v %}" + deepValue("[n.v]") + "{{ a == n.v }}"),
            Map.entry("many terms", "{{ 1" + "+1".repeat(5000) + " }}"),
            Map.entry("deep brackets", "{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}"),
            Map.entry("deep lists", "{{ " + "[".repeat(5000) + "]".repeat(5000) + " }}"),
            Map.entry("deep calls", "{{ " + "a(".repeat(5000) + ")".repeat(5000) + " }}"),
            Map.entry("deep indices", "{{ " + "a[".repeat(5000) + "]".repeat(5000) + " }}"),
            Map.entry("deep not", "{{ " + "not ".repeat(5000) + "1 }}"),
            Map.entry("deep minus", "{{ " + "-".repeat(5000) + "1 }}"),
            Map.entry("deep else", "{{ " + "1 if 0 else ".repeat(5000) + "1 }}"),
            Map.entry("deep blocks", "{% if 1 %}".repeat(5000)),
            Map.entry("deep targets", "{% set " + "(".repeat(5000) + ")".repeat(5000) + " %}"))
        .entrySet()
        .stream()
        .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> endsInLimit(entry.getValue())));
  }

  /** Nests a value a thousand times; the loop itself stays flat. */
  private static String deepValue(String step) {
    return "{% set n = namespace(v=1) %}{% for i in range(1000) %}{% set n.v = "
        + step
        + " %}{% endfor %}";
  }

  private static void endsInLimit(String source) throws InterruptedException {
    var caught = new AtomicReference<Throwable>();
    var thread =
        new Thread(
            null, () -> TemplateCases.render(source, new HashMap<>()), "small stack", 512 << 10);
    thread.setUncaughtExceptionHandler((dying, error) -> caught.set(error));
    thread.start();
    thread.join();
    assertThat(caught.get()).isInstanceOf(TemplateException.class);
    assertThat(((TemplateException) caught.get()).kind()).isEqualTo(Kind.LIMIT);
  }

  @Test
  void deepVariablesAreRefused() {
    List<Object> deep = new ArrayList<>();
    for (var i = 0; i < 10_000; i++) {
      deep = new ArrayList<>(List.of(deep));
    }
    Map<String, Object> variables = Map.of("messages", deep);
    var error =
        catchThrowableOfType(TemplateException.class, () -> TemplateCases.render("", variables));
    assertThat(error.kind()).isEqualTo(Kind.LIMIT);
    assertThat(error.detail()).contains("200 levels");
  }

  @Test
  void longRunsOfOperatorsThatDoNotNestAreFine() {
    assertThat(TemplateCases.render("{{ 1" + " ~ 1".repeat(5000) + " }}", Map.of())).hasSize(5001);
    assertThat(
            TemplateCases.render(
                "{% if 0 %}" + "{% elif 0 %}".repeat(5000) + "{% else %}x{% endif %}", Map.of()))
        .isEqualTo("x");
  }

  @Test
  void theNestingOfPublishedTemplatesFitsOnASmallStack() {
    assertThat(
            TemplateCases.render(
                "{% for i in [1] %}".repeat(60) + "x" + "{% endfor %}".repeat(60), Map.of()))
        .isEqualTo("x");
  }
}
