package platform.deepseek.inference.api.anthropic;

import static platform.deepseek.inference.api.openai.RequestField.honoured;
import static platform.deepseek.inference.api.openai.RequestField.ignored;
import static platform.deepseek.inference.api.openai.RequestField.refused;

import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.openai.RequestField;

/** The fields of a request for a message, each with what is done about it. */
public final class MessagesFields {

  public static final List<RequestField> ALL =
      List.of(
          honoured("model", "an id of `GET /anthropic/v1/models`; another is a 404"),
          honoured(
              "messages",
              "roles user, assistant, system; blocks text, thinking, redacted_thinking (unread),"
                  + " tool_use, tool_result; a last assistant's message is continued"),
          honoured("system", "a string or text blocks"),
          honoured("max_tokens", "required, 1 and more; not needed to count tokens"),
          honoured("temperature", "0 to 1, default 1; 0 is greedy"),
          honoured("top_p", "0 to 1, default 1"),
          honoured("top_k", "0 (off) and more"),
          honoured("stop_sequences", "up to 16, of up to 1,000 characters"),
          honoured("stream", "events end with `message_stop`"),
          honoured("tools", "up to 128 custom tools; strict ones are enforced"),
          honoured(
              "tool_choice",
              "auto, any, tool, none; disable_parallel_tool_use: the first call ends the answer"),
          honoured(
              "thinking",
              "enabled with a budget_tokens of 1,024 and more below max_tokens, adaptive, disabled;"
                  + " display omitted: it is not shown; a model that does not reason refuses"
                  + " enabled alone"),
          honoured(
              "output_config",
              "effort: low: 1,024 tokens of reasoning at most; medium: 4,096; high, xhigh, max: no"
                  + " limit; a budget_tokens goes before it. format: json_schema (enforced)"),
          honoured("output_format", "the former place of output_config.format"),
          honoured(
              "metadata",
              "user_id up to 512 bytes; prefixes are cached per user_id, as DeepSeek's"),
          honoured("mcp_servers", "an empty list; others are refused: nothing leaves this network"),
          ignored("cache_control", "here and in blocks: prefixes are found by their tokens"),
          ignored("context_management", "what a client leaves in a conversation stays in it"),
          ignored("diagnostics", "nothing is kept to compare with"),
          ignored("inference_geo", "the model runs where this server stands"),
          ignored("service_tier", "there is one tier"),
          ignored("speed", "there is one speed"),
          ignored("user_profile_id", "an identifier of the client's own"),
          ignored("workspace_id", "an identifier of the client's own"),
          refused("billing_policy", "no bills are written here"),
          refused("compaction", "conversations are not shortened"),
          refused("container", "no code is run"),
          refused("fallback_credit_token", "there is one model"),
          refused("fallbacks", "there is one model"),
          refused("thread", "conversations are not stored"));

  private static final Set<String> NAMES = RequestField.names(ALL);

  private MessagesFields() {}

  /** Refuses unknown fields and those that are to be refused. */
  static void check(Fields body) {
    RequestField.check(body, ALL, NAMES);
  }
}
