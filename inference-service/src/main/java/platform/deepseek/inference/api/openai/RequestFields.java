package platform.deepseek.inference.api.openai;

import static platform.deepseek.inference.api.openai.RequestField.honoured;
import static platform.deepseek.inference.api.openai.RequestField.ignored;
import static platform.deepseek.inference.api.openai.RequestField.refused;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The fields of the two requests, each with what is done about it. */
public final class RequestFields {

  private static final List<RequestField> SHARED =
      List.of(
          honoured("model", "an id of `GET /v1/models`; another is a 404"),
          honoured("temperature", "0 to 2, default 1; 0 is greedy"),
          honoured("top_p", "0 to 1, default 1"),
          honoured("top_k", "0 (off) and more; -1 is off too"),
          honoured("min_p", "0 to 1, default 0"),
          honoured("repetition_penalty", "above 0 to 10, default 1"),
          honoured("presence_penalty", "-2 to 2, default 0"),
          honoured("frequency_penalty", "-2 to 2, default 0"),
          honoured("logit_bias", "token ids of this model to -100..100"),
          honoured("seed", "a 64-bit integer; the same request gives the same answer"),
          honoured("stop", "a string or up to 16, of up to 1,000 characters"),
          honoured("n", "1 to 128 choices"),
          honoured("stream", "events end with `data: [DONE]`"),
          honoured("stream_options", "include_usage; include_obfuscation is ignored"),
          honoured("ignore_eos", "go on to max_tokens; for measurements"),
          honoured("user_id", "up to 512 bytes; prefixes are cached per user_id (DeepSeek)"),
          ignored("user", "an identifier of the client's own, checked to be a string"),
          ignored("safety_identifier", "there is no content filter"),
          ignored("metadata", "nothing is stored"),
          ignored("service_tier", "there is one tier"),
          honoured("prompt_cache_key", "answers are shared among requests with the same one"),
          honoured(
              "prompt_cache_retention", "24h, in_memory: an hour; for answers, not for prefixes"),
          ignored("prompt_cache_options", "prefixes are found by their tokens"));

  public static final List<RequestField> CHAT =
      Stream.concat(
              SHARED.stream(),
              Stream.of(
                  honoured(
                      "messages",
                      "roles system, developer, user, assistant, tool; content as a string or text"
                          + " parts"),
                  honoured("max_tokens", "1 and more; default: the rest of the context"),
                  honoured("max_completion_tokens", "the same as max_tokens"),
                  honoured("logprobs", "of the model's own distribution, before temperature"),
                  honoured("top_logprobs", "0 to 20, needs logprobs"),
                  honoured("response_format", "text, json_object, or json_schema (enforced)"),
                  honoured("modalities", "[\"text\"]; others are refused"),
                  honoured("tools", "up to 128 functions; strict ones are enforced"),
                  honoured(
                      "tool_choice",
                      "none, auto, required, one function (called once), allowed_tools"),
                  honoured("parallel_tool_calls", "false: the first call ends the answer"),
                  honoured("functions", "an empty list; others are refused: send tools"),
                  honoured("function_call", "none or auto; others are refused: send tool_choice"),
                  honoured("store", "false; true is refused, nothing is stored"),
                  honoured("thinking", "type enabled or disabled (DeepSeek)"),
                  honoured(
                      "reasoning_effort",
                      "none: no reasoning; minimal, low: 1,024 tokens of it at most; medium: 4,096;"
                          + " high, xhigh, max: no limit"),
                  honoured(
                      "prediction",
                      "type content, content as a string or text parts: the answer as it will"
                          + " probably be; it changes no answer, only the speed"),
                  refused("audio", "text models"),
                  honoured(
                      "verbosity", "medium; others are refused: no model here has levels of it"),
                  refused("web_search_options", "nothing leaves this network"),
                  refused("moderation", "there is no content filter")))
          .toList();

  public static final List<RequestField> COMPLETION =
      Stream.concat(
              SHARED.stream(),
              Stream.of(
                  honoured("prompt", "a string, strings, token ids, or lists of token ids"),
                  honoured("max_tokens", "0 and more, default 16"),
                  honoured("echo", "the prompt comes first, with log-probabilities if asked"),
                  honoured("logprobs", "0 to 20 alternatives per token"),
                  honoured("best_of", "n to 20; the likeliest n of so many, not streamed"),
                  honoured(
                      "suffix", "the answer is what stands before it; models with FIM tokens")))
          .toList();

  static final Set<String> CHAT_NAMES = RequestField.names(CHAT);
  static final Set<String> COMPLETION_NAMES = RequestField.names(COMPLETION);

  private RequestFields() {}
}
