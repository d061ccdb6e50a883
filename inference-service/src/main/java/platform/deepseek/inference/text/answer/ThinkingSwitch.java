package platform.deepseek.inference.text.answer;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a model is told whether to reason: by a variable of its template, else by beginning its
 * answer with reasoning that is open or already closed.
 *
 * @param reasoning empty for a model that does not reason; then the switch does nothing
 * @param variable empty where the template has none
 */
public record ThinkingSwitch(Optional<ReasoningFormat> reasoning, Optional<String> variable) {

  /** For a model that does not reason. */
  public static final ThinkingSwitch NONE = new ThinkingSwitch(Optional.empty(), Optional.empty());

  private static final List<String> VARIABLES = List.of("enable_thinking", "thinking");

  static ThinkingSwitch of(TemplateProbe probe, AnswerFormat format) {
    return format.reasoning().isEmpty()
        ? NONE
        : new ThinkingSwitch(
            format.reasoning(),
            VARIABLES.stream().filter(variable -> switches(probe, variable)).findFirst());
  }

  private static boolean switches(TemplateProbe probe, String variable) {
    var on = probe.generationPrompt(Map.of(variable, true));
    return on.isPresent() && !on.equals(probe.generationPrompt(Map.of(variable, false)));
  }

  /** What the template is given. */
  public Map<String, Object> variables(ThinkingMode wanted) {
    return switch (wanted) {
      case ON -> variable.<Map<String, Object>>map(name -> Map.of(name, true)).orElse(Map.of());
      case OFF -> variable.<Map<String, Object>>map(name -> Map.of(name, false)).orElse(Map.of());
      case DEFAULT -> Map.of();
    };
  }

  /**
   * What the server appends to the prompt that the template wrote, given {@link #variables}; empty
   * where the template has said it all. The markers in it are real tokens.
   */
  public String appended(ThinkingMode wanted, String prompt) {
    if (reasoning.isEmpty()) {
      return "";
    }
    var start = new AnswerFormat(reasoning, Optional.empty()).startAfter(prompt);
    return switch (wanted) {
      case DEFAULT -> "";
      case ON ->
          start == AnswerStart.EITHER && variable.isEmpty() ? reasoning.get().open() + "\n" : "";
      case OFF ->
          switch (start) {
            case CONTENT -> "";
            case REASONING -> closing(prompt.endsWith("\n") ? "\n" : "\n\n");
            case EITHER -> variable.isPresent() ? "" : reasoning.get().open() + closing("\n\n");
          };
    };
  }

  private String closing(String before) {
    return before + reasoning.get().close() + "\n\n";
  }
}
