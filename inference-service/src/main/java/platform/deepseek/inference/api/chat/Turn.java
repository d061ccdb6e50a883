package platform.deepseek.inference.api.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One turn of a conversation.
 *
 * @param content null only for an assistant that called tools
 * @param name null when absent
 * @param reasoning what an assistant thought before it answered, or null
 * @param calls of an assistant
 * @param callId the call that a tool answers; null for other roles
 */
public record Turn(
    Role role, String content, String name, String reasoning, List<Call> calls, String callId) {

  /** OpenAI's developer is the system: that is the name which chat templates know. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    TOOL
  }

  /** A call an assistant made in an earlier turn. {@code arguments} is JSON text. */
  public record Call(String id, String name, String arguments) {}

  public Turn {
    calls = List.copyOf(calls);
  }

  public static Turn system(String content) {
    return new Turn(Role.SYSTEM, content, null, null, List.of(), null);
  }

  public static Turn user(String content) {
    return new Turn(Role.USER, content, null, null, List.of(), null);
  }

  public static Turn assistant(String content, String reasoning, List<Call> calls) {
    return new Turn(Role.ASSISTANT, content, null, reasoning, calls, null);
  }

  public static Turn tool(String callId, String content) {
    return new Turn(Role.TOOL, content, null, null, List.of(), callId);
  }

  /** Characters of what it says. */
  int length() {
    return (content == null ? 0 : content.length())
        + (reasoning == null ? 0 : reasoning.length())
        + calls.stream().mapToInt(call -> call.arguments().length()).sum();
  }

  /**
   * As the variables of a chat template, in the order in which OpenAI documents them. Reasoning is
   * part of the next prompt only where the turn called tools: then the model goes on thinking when
   * it has their results (DeepSeek).
   */
  Map<String, Object> variables() {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("role", role.name().toLowerCase(Locale.ROOT));
    variables.put("content", content);
    if (name != null) {
      variables.put("name", name);
    }
    if (reasoning != null && !calls.isEmpty()) {
      variables.put("reasoning_content", reasoning);
    }
    if (!calls.isEmpty()) {
      List<Object> list = new ArrayList<>();
      for (Call call : calls) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name);
        function.put("arguments", call.arguments);
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put("id", call.id);
        variable.put("type", "function");
        variable.put("function", function);
        list.add(variable);
      }
      variables.put("tool_calls", list);
    }
    if (callId != null) {
      variables.put("tool_call_id", callId);
    }
    return variables;
  }
}
