package platform.deepseek.inference.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import platform.deepseek.inference.text.UserText.Use;

/*
 * Chat messages to token ids, such that a user cannot speak with the model's own voice: an
 * end-of-turn marker typed into a message stays the characters it consists of.
 *
 * Templates are programs that trim, split, compare and join what they are given, so the user's
 * part of the rendered text cannot be told by its position. It is told by marks instead: a
 * noncharacter, which Unicode keeps free for such private use, goes into the user's strings before
 * rendering (UserText says where) and comes out afterwards, and no added token is recognised
 * across a place where one was. All other tokens come out exactly as without this: a chat in
 * which nobody wrote a token's text has the same ids as transformers' apply_chat_template gives.
 *
 * One thing is left to users: in an assistant's earlier answer, <think> and </think> may be tokens
 * where the tokenizer does not call them special. Clients send back what the model wrote, and
 * templates look for these words to drop old reasoning.
 */
/** Renders and encodes chats for one model. Safe for many threads if the renderer is. */
public final class PromptEncoder {

  private static final char FIRST_NONCHARACTER = '\uFDD0';
  private static final char LAST_NONCHARACTER = '\uFDEF';
  private static final Set<String> REASONING = Set.of("<think>", "</think>");
  private static final Set<String> COMPARED_FIELDS = Set.of("role", "type");
  private static final Set<String> VALUES_OF_USERS = Set.of("arguments", "input");
  private static final Set<String> NAMED_BY_USERS = Set.of("properties", "$defs");

  private final HuggingFaceTokenizer tokenizer;
  private final Function<Map<String, Object>, String> renderer;
  private final List<AddedToken> everyToken;
  private final List<AddedToken> tokensBesideReasoning;

  /**
   * @param renderer the chat template: variables to text
   */
  public PromptEncoder(
      HuggingFaceTokenizer tokenizer, Function<Map<String, Object>, String> renderer) {
    this.tokenizer = tokenizer;
    this.renderer = renderer;
    everyToken = List.copyOf(tokenizer.addedTokens());
    tokensBesideReasoning =
        everyToken.stream()
            .filter(token -> token.special() || !REASONING.contains(token.content()))
            .toList();
  }

  /**
   * Renders and encodes a chat. No beginning-of-sequence token is added: the template writes it.
   *
   * @param messages as in the chat API: role, content, tool_calls, ...
   * @param tools as in the chat API; empty where there are none
   * @param addGenerationPrompt whether the prompt ends where the assistant begins to answer
   * @param variables further template variables, set by the server and not by its users
   * @throws IllegalArgumentException where the text uses up every mark, or a value is none of
   *     String, Number, Boolean, List, Map and null
   */
  public Prompt encode(
      List<Map<String, Object>> messages,
      List<Map<String, Object>> tools,
      boolean addGenerationPrompt,
      Map<String, Object> variables) {
    char mark = freeMark(List.of(messages, tools));
    var marker = new Marker(mark);
    Map<String, Object> all = new LinkedHashMap<>(variables);
    tokenizer.config().beginOfSequence().ifPresent(text -> all.putIfAbsent("bos_token", text));
    tokenizer.config().endOfSequence().ifPresent(text -> all.putIfAbsent("eos_token", text));
    all.put("messages", messages.stream().map(marker::message).toList());
    if (!tools.isEmpty()) {
      all.put("tools", marker.value(tools, marker.everywhere, false, Use.FREE));
    }
    all.put("add_generation_prompt", addGenerationPrompt);
    var text = GuardedText.ofMarked(renderer.apply(all), mark);
    return new Prompt(tokenizer.encode(text), text.text());
  }

  /** Copies what users sent and marks the strings in it. */
  private final class Marker {

    private final UserText everywhere;
    private final UserText inAnswers;

    private Marker(char mark) {
      everywhere = new UserText(mark, everyToken);
      inAnswers = new UserText(mark, tokensBesideReasoning);
    }

    private Map<String, Object> message(Map<String, Object> message) {
      boolean answer = "assistant".equals(message.get("role"));
      Map<String, Object> marked = new LinkedHashMap<>();
      message.forEach(
          (name, value) -> {
            var text = answer && !name.equals("tool_calls") ? inAnswers : everywhere;
            marked.put(everywhere.marked(name, Use.COMPARED), field(name, value, text, false));
          });
      return marked;
    }

    /**
     * @param free whether the names in the value are the user's own, which no template looks for
     */
    private Object field(String name, Object value, UserText text, boolean free) {
      var use = !free && COMPARED_FIELDS.contains(name) ? Use.COMPARED : Use.FREE;
      if (value instanceof Map<?, ?> map) {
        boolean allFree = free || VALUES_OF_USERS.contains(name);
        return map(map, text, allFree || NAMED_BY_USERS.contains(name), allFree);
      }
      return value(value, text, free || VALUES_OF_USERS.contains(name), use);
    }

    private Object value(Object value, UserText text, boolean free, Use use) {
      return switch (value) {
        case String string -> text.marked(string, use);
        case Map<?, ?> map -> map(map, text, free, free);
        case List<?> list -> {
          List<Object> marked = new ArrayList<>();
          list.forEach(element -> marked.add(value(element, text, free, use)));
          yield marked;
        }
        case Number number -> number;
        case Boolean truth -> truth;
        case null -> null;
        default ->
            throw new IllegalArgumentException(
                "A message holds a " + value.getClass().getName() + ", which is not plain JSON.");
      };
    }

    private Map<String, Object> map(
        Map<?, ?> map, UserText text, boolean freeNames, boolean freeBelow) {
      Map<String, Object> marked = new LinkedHashMap<>();
      map.forEach(
          (key, element) -> {
            String name = String.valueOf(key);
            marked.put(
                text.marked(name, freeNames ? Use.FREE : Use.COMPARED),
                field(name, element, text, freeBelow));
          });
      return marked;
    }
  }

  private static char freeMark(Object values) {
    for (char mark = FIRST_NONCHARACTER; mark <= LAST_NONCHARACTER; mark++) {
      if (!contains(values, mark)) {
        return mark;
      }
    }
    throw new IllegalArgumentException(
        "The messages contain all 32 noncharacters from U+FDD0 to U+FDEF, which are not for"
            + " interchange: remove them.");
  }

  private static boolean contains(Object value, char mark) {
    return switch (value) {
      case String string -> string.indexOf(mark) >= 0;
      case Map<?, ?> map ->
          map.entrySet().stream()
              .anyMatch(e -> contains(e.getKey(), mark) || contains(e.getValue(), mark));
      case List<?> list -> list.stream().anyMatch(element -> contains(element, mark));
      case null, default -> false;
    };
  }
}
