package platform.deepseek.inference.api.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Every address that generates, and how its dialect says what all of them have to say. */
public enum Endpoint {
  OPENAI_CHAT("/v1/chat/completions", Dialect.OPENAI),
  OPENAI_COMPLETIONS("/v1/completions", Dialect.OPENAI),
  RESPONSES("/v1/responses", Dialect.RESPONSES),
  DEEPSEEK_CHAT("/chat/completions", Dialect.DEEPSEEK),
  DEEPSEEK_COMPLETIONS("/completions", Dialect.DEEPSEEK),
  BETA_CHAT("/beta/chat/completions", Dialect.DEEPSEEK),
  BETA_COMPLETIONS("/beta/completions", Dialect.DEEPSEEK),
  MESSAGES("/v1/messages", Dialect.ANTHROPIC),
  ANTHROPIC_MESSAGES("/anthropic/v1/messages", Dialect.ANTHROPIC);

  /** Whose errors and events an address has. */
  public enum Dialect {
    OPENAI,
    RESPONSES,
    DEEPSEEK,
    ANTHROPIC
  }

  /** A request at an address, answered by events or by one body. */
  public record Call(Endpoint endpoint, boolean stream) {

    @Override
    public String toString() {
      return endpoint.path + (stream ? " streamed" : " whole");
    }
  }

  /** What a waiting client of one body gets. */
  public static final String BLANK_LINE = "\n";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DATA = "data: ";

  public final String path;
  public final Dialect dialect;

  Endpoint(String path, Dialect dialect) {
    this.path = path;
    this.dialect = dialect;
  }

  /** Every address, both ways. */
  public static List<Call> calls() {
    List<Call> calls = new ArrayList<>();
    for (Endpoint endpoint : values()) {
      calls.add(new Call(endpoint, true));
      calls.add(new Call(endpoint, false));
    }
    return calls;
  }

  /**
   * A request that the parrot answers with the text itself.
   *
   * @param text without characters that JSON escapes
   */
  public String request(String text, int maxTokens, boolean stream) {
    boolean chat = path.endsWith("/chat/completions") || dialect == Dialect.ANTHROPIC;
    String said =
        chat
            ? "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]".formatted(text)
            : "\"%s\":\"%s\"".formatted(dialect == Dialect.RESPONSES ? "input" : "prompt", text);
    return "{\"model\":\"parrot\",%s,\"%s\":%d,\"stream\":%s}"
        .formatted(
            said,
            dialect == Dialect.RESPONSES ? "max_output_tokens" : "max_tokens",
            maxTokens,
            stream);
  }

  /** What a waiting client of a stream gets. */
  public String keepAlive() {
    return switch (dialect) {
      case OPENAI, RESPONSES, DEEPSEEK -> ": keep-alive\n\n";
      case ANTHROPIC -> "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    };
  }

  /**
   * The data of the events of a stream.
   *
   * @param chunks as they came
   */
  public static List<String> events(List<String> chunks) {
    List<String> events = new ArrayList<>();
    for (String event : String.join("", chunks).split("\n\n")) {
      String last = event.substring(event.lastIndexOf('\n') + 1);
      assertThat(last).startsWith(DATA);
      events.add(last.substring(DATA.length()));
    }
    return events;
  }

  /**
   * The text of an answer.
   *
   * @param chunks as they came, without what kept the connection open
   */
  public String text(List<String> chunks, boolean stream) throws IOException {
    if (!stream) {
      return textOf(JSON.readTree(String.join("", chunks)));
    }
    StringBuilder text = new StringBuilder();
    List<String> events = events(chunks);
    for (String event : events.subList(0, events.size() - 1)) {
      text.append(textOf(JSON.readTree(event)));
    }
    switch (dialect) {
      case OPENAI, DEEPSEEK -> assertThat(events.getLast()).isEqualTo("[DONE]");
      case RESPONSES -> assertThat(events.getLast()).contains("\"response.completed\"");
      case ANTHROPIC -> assertThat(events.getLast()).contains("\"message_stop\"");
    }
    return text.toString();
  }

  /** The text in a body or an event; empty where it has none. */
  private String textOf(JsonNode answer) {
    return switch (dialect) {
      case OPENAI, DEEPSEEK -> {
        JsonNode choice = answer.at("/choices/0");
        yield choice.path("text").asText()
            + choice.at("/message/content").asText()
            + choice.at("/delta/content").asText();
      }
      case RESPONSES ->
          (answer.path("type").asText().equals("response.output_text.delta")
                  ? answer.get("delta").textValue()
                  : "")
              + answer.at("/output/0/content/0/text").asText();
      case ANTHROPIC -> answer.at("/content/0/text").asText() + answer.at("/delta/text").asText();
    };
  }
}
