package platform.deepseek.inference.api.chat;

import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.text.Prompt;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.AnswerStart;
import platform.deepseek.inference.text.answer.ChatFormat;
import platform.deepseek.inference.text.answer.Continuation;
import platform.deepseek.inference.text.template.TemplateException;

/** Writes conversations as the model's prompts. */
@Singleton
public final class ChatPrompts {

  /** A conversation as the model sees it, and where its answer begins. */
  record ChatPrompt(int[] tokens, AnswerStart start) {}

  private final Optional<PromptEncoder> encoder;
  private final ChatFormat format;

  public ChatPrompts(ServedModel model) {
    this.encoder = model.prompts();
    this.format = model.format();
  }

  /** How answers are read: with calls in Hermes' form where the template has none. */
  AnswerFormat answers() {
    AnswerFormat known = format.answer();
    return new AnswerFormat(
        known.reasoning(), Optional.of(known.tools().orElse(ToolPrompt.FORMAT)));
  }

  /**
   * The prompt that asks for the next answer, or for the rest of one that the user has begun.
   *
   * @param most tokens that are wanted; a longer prompt has more than these, but not all of its own
   */
  ChatPrompt prompt(ChatRequest request, int most) {
    List<Turn> turns = request.turns();
    Turn begun = request.prefix() ? turns.getLast() : null;
    if (begun != null) {
      turns = turns.subList(0, turns.size() - 1);
    }
    AnswerStart[] start = new AnswerStart[1];
    Prompt prompt =
        encode(
            turns,
            request.toolChoice().callable() ? request.tools() : List.of(),
            request.thinking(),
            text -> {
              ChatFormat.Beginning beginning =
                  begun == null ? beginning(text, request.thinking()) : resumed(text, begun);
              start[0] = beginning.start();
              return beginning.continuation();
            },
            most);
    return new ChatPrompt(prompt.tokens(), start[0]);
  }

  /** A conversation as it is rendered, with or without the beginning of an answer. */
  public Prompt rendered(List<Turn> turns, List<Tool> tools, boolean addGenerationPrompt) {
    return refusing(
        () ->
            encoder().encode(messages(turns, tools), shown(tools), addGenerationPrompt, Map.of()));
  }

  private Prompt encode(
      List<Turn> turns,
      List<Tool> tools,
      Thinking thinking,
      Function<String, List<Continuation>> beginning,
      int most) {
    return refusing(
        () ->
            encoder()
                .encode(
                    messages(turns, tools),
                    shown(tools),
                    format.thinking().variables(thinking.mode()),
                    beginning,
                    most));
  }

  private List<Map<String, Object>> messages(List<Turn> turns, List<Tool> tools) {
    return knowsTools()
        ? turns.stream().map(Turn::variables).toList()
        : ToolPrompt.messages(turns, variables(tools));
  }

  /** What the template is told of; nothing where the messages tell of it. */
  private List<Map<String, Object>> shown(List<Tool> tools) {
    return knowsTools() ? variables(tools) : List.of();
  }

  private boolean knowsTools() {
    return format.answer().tools().isPresent();
  }

  /** A limit on the reasoning needs to know where it begins, so the prompt begins it. */
  private ChatFormat.Beginning beginning(String prompt, Thinking thinking) {
    ChatFormat.Beginning beginning = format.beginning(prompt, thinking.mode());
    if (thinking.budget().isEmpty() || beginning.start() != AnswerStart.EITHER) {
      return beginning;
    }
    List<Continuation> opened = new ArrayList<>(beginning.continuation());
    opened.add(Continuation.ofServer(format.answer().reasoning().orElseThrow().open() + "\n"));
    return new ChatFormat.Beginning(opened, AnswerStart.REASONING);
  }

  private ChatFormat.Beginning resumed(String prompt, Turn begun) {
    return format.resumed(
        prompt,
        begun.reasoning() == null ? "" : begun.reasoning(),
        begun.content() == null ? "" : begun.content());
  }

  private PromptEncoder encoder() {
    return encoder.orElseThrow(
        () -> refused("this model has none; use /v1/completions or an instruct model."));
  }

  private static Prompt refusing(Supplier<Prompt> encoding) {
    try {
      return encoding.get();
    } catch (TemplateException e) {
      throw refused(
          switch (e.kind()) {
            case RAISED -> e.detail();
            case SYNTAX, EVALUATION, LIMIT -> e.getMessage();
          });
    } catch (IllegalArgumentException e) { // marks used up, or reasoning where there can be none
      throw refused(e.getMessage());
    }
  }

  private static List<Map<String, Object>> variables(List<Tool> tools) {
    return tools.stream().map(ChatPrompts::variables).toList();
  }

  private static Map<String, Object> variables(Tool tool) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", tool.name());
    if (tool.description() != null) {
      function.put("description", tool.description());
    }
    if (tool.parameters() != null) {
      function.put("parameters", PlainJson.of(tool.parameters()));
    }
    Map<String, Object> variable = new LinkedHashMap<>();
    variable.put("type", "function");
    variable.put("function", function);
    return variable;
  }

  private static ApiException refused(String why) {
    return new ApiException(
        ApiError.TEMPLATE_REFUSED, "The chat template refused the messages: " + why, "messages");
  }
}
