package platform.deepseek.inference.text.template;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * A chat template of a model: Jinja source that writes a prompt from messages, tools and flags.
 * Immutable and safe for many threads; parse once, render for every request.
 */
public final class ChatTemplate {

  private final List<Statement> statements;
  private final Limits limits;
  private final Clock clock;

  private ChatTemplate(List<Statement> statements, Limits limits, Clock clock) {
    this.statements = statements;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Reads a template with the limits of {@link Limits#DEFAULT} and the system's clock.
   *
   * @throws TemplateException where the source is no template
   */
  public static ChatTemplate parse(String source) {
    return parse(source, Limits.DEFAULT, Clock.systemDefaultZone());
  }

  /**
   * Reads a template.
   *
   * @param clock what {@code strftime_now} tells, in the clock's zone
   * @throws TemplateException where the source is no template
   */
  public static ChatTemplate parse(String source, Limits limits, Clock clock) {
    return new ChatTemplate(List.copyOf(Parser.parse(source)), limits, clock);
  }

  /**
   * Writes the prompt.
   *
   * @param variables {@code messages}, {@code tools}, {@code add_generation_prompt}, {@code
   *     bos_token} and whatever else the template reads; values are Map, List, String, numbers,
   *     Boolean and null, copied before use. A name that is absent is undefined, one that is null
   *     is none.
   * @throws TemplateException where an operation fails, a limit is reached, or the template itself
   *     calls {@code raise_exception}
   */
  public String render(Map<String, Object> variables) {
    var budget = new Budget(limits);
    var scope = new Scope(Globals.scope(budget, clock));
    try {
      variables.forEach((name, value) -> scope.set(name, Values.admit(value, 0)));
    } catch (Fault fault) {
      throw fault.at(new Position(1, 1));
    }
    return new Interpreter(budget).render(statements, new Scope(scope));
  }
}
