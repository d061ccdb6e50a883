package platform.deepseek.inference.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import platform.deepseek.inference.text.UserText.Use;
import platform.deepseek.inference.text.answer.ChatFormat;
import platform.deepseek.inference.text.answer.Continuation;
import platform.deepseek.inference.text.answer.ToolDeclaration;
import platform.deepseek.inference.text.template.ChatTemplate;

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
 * One thing is left to users: in the content of an assistant's earlier answer, <think> and
 * </think> may be tokens where the tokenizer does not call them special. Clients send back what
 * the model wrote, and templates look for these words to drop old reasoning.
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
  private final ChatFormat format;
  private final List<AddedToken> everyToken;
  private final List<AddedToken> tokensBesideReasoning;

  /**
   * Takes every message to the template as it came.
   *
   * @param renderer the chat template: variables to text
   */
  public PromptEncoder(
      HuggingFaceTokenizer tokenizer, Function<Map<String, Object>, String> renderer) {
    this(tokenizer, renderer, ChatFormat.PLAIN);
  }

  private PromptEncoder(
      HuggingFaceTokenizer tokenizer,
      Function<Map<String, Object>, String> renderer,
      ChatFormat format) {
    this.tokenizer = tokenizer;
    this.renderer = renderer;
    this.format = format;
    everyToken = List.copyOf(tokenizer.addedTokens());
    tokensBesideReasoning =
        everyToken.stream()
            .filter(token -> token.special() || !REASONING.contains(token.content()))
            .toList();
  }

  /**
   * Reads a chat template and what it tells about the model.
   *
   * @throws platform.deepseek.inference.text.template.TemplateException where it is no template
   */
  public static PromptEncoder of(HuggingFaceTokenizer tokenizer, String template) {
    Map<String, Object> tokens = new LinkedHashMap<>();
    addTokens(tokenizer, tokens);
    return new PromptEncoder(
        tokenizer, ChatTemplate.parse(template)::render, ChatFormat.of(template, tokens));
  }

  /** How the model writes, and how it is told to. */
  public ChatFormat format() {
    return format;
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
    var text = rendered(messages, tools, addGenerationPrompt, variables);
    return new Prompt(tokenizer.encode(text, Integer.MAX_VALUE), text.text());
  }

  /** {@link #encode(List, List, Map, Function, int)} with all ids. */
  public Prompt encode(
      List<Map<String, Object>> messages,
      List<Map<String, Object>> tools,
      Map<String, Object> variables,
      Function<String, List<Continuation>> beginning) {
    return encode(messages, tools, variables, beginning, Integer.MAX_VALUE);
  }

  /**
   * Renders and encodes a chat up to where the assistant begins to answer, and the beginning of the
   * answer behind it. The ids are those of the whole text; only tokens that a user wrote, wholly or
   * in part, are none.
   *
   * @param beginning what to append to the rendered prompt, which it is given
   * @param most ids that are wanted; a chat that has more gives more, but not all of them
   * @throws IllegalArgumentException as without a beginning
   */
  public Prompt encode(
      List<Map<String, Object>> messages,
      List<Map<String, Object>> tools,
      Map<String, Object> variables,
      Function<String, List<Continuation>> beginning,
      int most) {
    var text = rendered(messages, tools, true, variables);
    for (var piece : beginning.apply(text.text())) {
      text = text.append(piece.trusted() ? GuardedText.unguarded(piece.text()) : guarded(piece));
    }
    return new Prompt(tokenizer.encode(text, most), text.text());
  }

  private GuardedText guarded(Continuation piece) {
    char mark = freeMark(piece.text());
    return GuardedText.ofMarked(
        new UserText(mark, everyToken).marked(piece.text(), Use.FREE), mark);
  }

  private GuardedText rendered(
      List<Map<String, Object>> given,
      List<Map<String, Object>> tools,
      boolean addGenerationPrompt,
      Map<String, Object> variables) {
    var messages = format.conversation().adapted(given);
    char mark = freeMark(List.of(messages, tools));
    var marker = new Marker(mark);
    Map<String, Object> all = new LinkedHashMap<>(variables);
    addTokens(tokenizer, all);
    List<Map<String, Object>> marked = messages.stream().map(marker::message).toList();
    if (!tools.isEmpty()) {
      var declared = marker.list(tools, marker.everywhere, false, Use.FREE);
      all.put("tools", declared);
      if (!format.conversation().declaresTools() && format.answer().tools().isPresent()) {
        marked = ToolDeclaration.into(marked, declared, format.answer().tools().get());
      }
    }
    all.put("messages", marked);
    all.put("add_generation_prompt", addGenerationPrompt);
    return GuardedText.ofMarked(renderer.apply(all), mark);
  }

  private static void addTokens(HuggingFaceTokenizer tokenizer, Map<String, Object> variables) {
    var config = tokenizer.config();
    config.beginOfSequence().ifPresent(text -> variables.putIfAbsent("bos_token", text));
    config.endOfSequence().ifPresent(text -> variables.putIfAbsent("eos_token", text));
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
            var text = answer && name.equals("content") ? inAnswers : everywhere;
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
        case List<?> list -> list(list, text, free, use);
        case Number number -> number;
        case Boolean truth -> truth;
        case null -> null;
        default ->
            throw new IllegalArgumentException(
                "A message holds a " + value.getClass().getName() + ", which is not plain JSON.");
      };
    }

    private List<Object> list(List<?> list, UserText text, boolean free, Use use) {
      List<Object> marked = new ArrayList<>();
      list.forEach(element -> marked.add(value(element, text, free, use)));
      return marked;
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
