package platform.deepseek.inference.api.responses;

import static platform.deepseek.inference.api.openai.RequestField.honoured;
import static platform.deepseek.inference.api.openai.RequestField.ignored;
import static platform.deepseek.inference.api.openai.RequestField.refused;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import platform.deepseek.inference.api.openai.RequestField;

/** The fields of the two requests, each with what is done about it. */
public final class ResponseFields {

  private static final List<RequestField> CONVERSATION =
      List.of(
          honoured("model", "an id of `GET /v1/models`; another is a 404"),
          honoured(
              "input",
              "a string, or items: message (input_text, output_text, refusal), reasoning"
                  + " (reasoning_text; encrypted_content is refused), function_call,"
                  + " function_call_output, item_reference"),
          honoured("instructions", "come first, as the system; not inherited"),
          honoured("previous_response_id", "its conversation and its answer come first"),
          honoured(
              "tools",
              "up to 128 functions, also in namespaces; strict ones are enforced, others where it"
                  + " is possible; web_search without external_web_access is ignored: there is"
                  + " nothing to search; others are refused"),
          honoured(
              "tool_choice", "none, auto, required, one function (called once), allowed_tools"),
          honoured("parallel_tool_calls", "false: the first call ends the answer"),
          honoured(
              "text",
              "format: text, json_object, json_schema (enforced); verbosity: medium, others are"
                  + " refused"),
          honoured(
              "reasoning",
              "effort: none: no reasoning; minimal, low: 1,024 tokens of it at most; medium: 4,096;"
                  + " high, xhigh, max: no limit; summary: what is thought is"
                  + " told as summary_text, without it as reasoning_text"),
          honoured("truncation", "disabled; auto is refused"),
          honoured("user_id", "up to 512 bytes; prefixes are cached per user_id (DeepSeek)"),
          refused("conversation", "conversations are continued by previous_response_id"));

  public static final List<RequestField> RESPONSE =
      Stream.concat(
              CONVERSATION.stream(),
              Stream.of(
                  honoured("max_output_tokens", "1 and more; default: the rest of the context"),
                  honoured("temperature", "0 to 2, default 1; 0 is greedy"),
                  honoured("top_p", "0 to 1, default 1"),
                  honoured("seed", "a 64-bit integer; the same request gives the same answer"),
                  honoured(
                      "include",
                      "message.output_text.logprobs; reasoning.encrypted_content is ignored: the"
                          + " reasoning is told as it is; others are refused"),
                  honoured("top_logprobs", "0 to 20, needs include"),
                  honoured("store", "default true: kept in memory, the oldest leave first"),
                  honoured("background", "true needs store; poll the response, or stream"),
                  honoured("stream", "named and numbered events"),
                  honoured("stream_options", "include_obfuscation is ignored"),
                  honoured("metadata", "up to 16 strings, told again"),
                  ignored("client_metadata", "what Codex tells of itself"),
                  ignored("max_tool_calls", "it counts hosted tools, and there are none"),
                  ignored("user", "an identifier of the client's own, checked to be a string"),
                  ignored("safety_identifier", "there is no content filter"),
                  ignored("service_tier", "there is one tier"),
                  honoured(
                      "prompt_cache_key", "answers are shared among requests with the same one"),
                  honoured(
                      "prompt_cache_retention",
                      "24h, in_memory: an hour; for answers, not for prefixes"),
                  ignored("prompt_cache_options", "prefixes are found by their tokens"),
                  refused("prompt", "no templates of prompts are kept here"),
                  refused("context_management", "nothing is compacted"),
                  refused("moderation", "there is no content filter")))
          .toList();

  public static final List<RequestField> INPUT_TOKENS =
      CONVERSATION.stream()
          .map(
              field ->
                  field.name().equals("model")
                      ? honoured("model", "an id of `GET /v1/models`; default: what is served")
                      : field)
          .toList();

  static final Set<String> RESPONSE_NAMES = RequestField.names(RESPONSE);
  static final Set<String> INPUT_TOKENS_NAMES = RequestField.names(INPUT_TOKENS);

  private ResponseFields() {}
}
