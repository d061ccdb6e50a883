package platform.deepseek.inference.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Draft;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

class MessagesDialectTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TokenCount PROMPT = new TokenCount(30, 12, 0, 0);
  private static final TokenCount COUNT = new TokenCount(30, 12, 9, 4);
  private static final Ending END = Ending.of(Ending.Reason.STOP);

  /** Of "Let me see." */
  private static final String SIGNATURE = "Hln5aOTPkhGBvhBDSDAzV9s2N/LBqAz2sbxuhLuViUE=";

  private static MessagesDialect dialect() {
    return new MessagesDialect("msg_1", "m", true);
  }

  private static Piece text(String text) {
    return new Piece.Text(text, List.of());
  }

  private static Piece reasoning(String text) {
    return new Piece.Reasoning(text, List.of());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The data of events, each of which has to have its type for a name and one line. */
  private static List<JsonNode> events(List<Buffer> written) {
    List<JsonNode> events = new ArrayList<>();
    for (Buffer buffer : written) {
      if (buffer == null) {
        continue;
      }
      assertThat(buffer.toString()).endsWith("\n\n");
      for (String event : buffer.toString().split("\n\n")) {
        String[] lines = event.split("\n");
        assertThat(lines).hasSize(2);
        assertThat(lines[1]).startsWith("data: ");
        JsonNode data = json(lines[1].substring("data: ".length()));
        assertThat(lines[0]).isEqualTo("event: " + data.get("type").textValue());
        events.add(data);
      }
    }
    return events;
  }

  private static List<JsonNode> stream(MessagesDialect dialect, Ending ending, Piece... pieces) {
    List<Buffer> written = new ArrayList<>();
    written.add(dialect.opening(0, PROMPT));
    for (Piece piece : pieces) {
      written.add(dialect.delta(0, piece));
    }
    written.add(dialect.ending(0, ending));
    written.add(dialect.closing(COUNT));
    return events(written);
  }

  /** What comes between the beginning of the message and its end. */
  private static List<JsonNode> blocks(MessagesDialect dialect, Piece... pieces) {
    List<JsonNode> events = stream(dialect, END, pieces);
    return events.subList(2, events.size() - 2);
  }

  private static JsonNode whole(MessagesDialect dialect, Ending ending, Piece... pieces) {
    Draft draft = new Draft();
    for (Piece piece : pieces) {
      draft.add(piece);
    }
    draft.end(ending);
    return json(dialect.whole(List.of(draft.answer()), COUNT).toString());
  }

  private static final Piece[] EVERY_KIND = {
    reasoning("Let me "),
    reasoning("see."),
    text("One "),
    text("moment"),
    new Piece.CallStarted(0, "call_0123", "weather"),
    new Piece.CallArguments(0, "{\"city\":"),
    new Piece.CallArguments(0, "\"Oslo\"}"),
    new Piece.CallEnded(0),
    new Piece.CallStarted(1, "call_4567", "time"),
    new Piece.CallEnded(1)
  };

  @Test
  void everyKindOfPieceHasItsBlockAndBlocksFollowEachOtherInOrder() {
    assertThat(stream(dialect(), Ending.of(Ending.Reason.TOOL_CALLS), EVERY_KIND))
        .containsExactly(
            json(
                """
                {"type":"message_start","message":{"id":"msg_1","type":"message",
                "role":"assistant","model":"m","content":[],"stop_reason":null,
                "stop_sequence":null,"usage":{"input_tokens":18,"cache_creation_input_tokens":0,
                "cache_read_input_tokens":12,"output_tokens":0,
                "output_tokens_details":{"thinking_tokens":0}}}}"""),
            json("{\"type\":\"ping\"}"),
            json(
                """
                {"type":"content_block_start","index":0,
                "content_block":{"type":"thinking","thinking":"","signature":""}}"""),
            json(
                """
                {"type":"content_block_delta","index":0,
                "delta":{"type":"thinking_delta","thinking":"Let me "}}"""),
            json(
                """
                {"type":"content_block_delta","index":0,
                "delta":{"type":"thinking_delta","thinking":"see."}}"""),
            json(
                """
                {"type":"content_block_delta","index":0,
                "delta":{"type":"signature_delta","signature":"%s"}}"""
                    .formatted(SIGNATURE)),
            json("{\"type\":\"content_block_stop\",\"index\":0}"),
            json(
                """
                {"type":"content_block_start","index":1,
                "content_block":{"type":"text","text":""}}"""),
            json(
                """
                {"type":"content_block_delta","index":1,
                "delta":{"type":"text_delta","text":"One "}}"""),
            json(
                """
                {"type":"content_block_delta","index":1,
                "delta":{"type":"text_delta","text":"moment"}}"""),
            json("{\"type\":\"content_block_stop\",\"index\":1}"),
            json(
                """
                {"type":"content_block_start","index":2,"content_block":
                {"type":"tool_use","id":"toolu_0123","name":"weather","input":{}}}"""),
            json(
                """
                {"type":"content_block_delta","index":2,
                "delta":{"type":"input_json_delta","partial_json":"{\\"city\\":"}}"""),
            json(
                """
                {"type":"content_block_delta","index":2,
                "delta":{"type":"input_json_delta","partial_json":"\\"Oslo\\"}"}}"""),
            json("{\"type\":\"content_block_stop\",\"index\":2}"),
            json(
                """
                {"type":"content_block_start","index":3,"content_block":
                {"type":"tool_use","id":"toolu_4567","name":"time","input":{}}}"""),
            json("{\"type\":\"content_block_stop\",\"index\":3}"),
            json(
                """
                {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},
                "usage":{"input_tokens":18,"cache_creation_input_tokens":0,
                "cache_read_input_tokens":12,"output_tokens":9,
                "output_tokens_details":{"thinking_tokens":4}}}"""),
            json("{\"type\":\"message_stop\"}"));
  }

  @Test
  void theSamePiecesInOneBodyAreTheSameBlocks() {
    assertThat(whole(dialect(), Ending.of(Ending.Reason.TOOL_CALLS), EVERY_KIND))
        .isEqualTo(
            json(
                """
                {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
                {"type":"thinking","thinking":"Let me see.","signature":"%s"},
                {"type":"text","text":"One moment"},
                {"type":"tool_use","id":"toolu_0123","name":"weather","input":{"city":"Oslo"}},
                {"type":"tool_use","id":"toolu_4567","name":"time","input":{}}],
                "stop_reason":"tool_use","stop_sequence":null,
                "usage":{"input_tokens":18,"cache_creation_input_tokens":0,
                "cache_read_input_tokens":12,"output_tokens":9,
                "output_tokens_details":{"thinking_tokens":4}}}"""
                    .formatted(SIGNATURE)));
  }

  @Test
  void textAfterACallHasABlockOfItsOwn() {
    assertThat(
            blocks(
                dialect(),
                text("a"),
                new Piece.CallStarted(0, "x", "f"),
                new Piece.CallEnded(0),
                text("b")))
        .extracting(event -> event.get("type").textValue() + " " + event.get("index"))
        .containsExactly(
            "content_block_start 0",
            "content_block_delta 0",
            "content_block_stop 0",
            "content_block_start 1",
            "content_block_stop 1",
            "content_block_start 2",
            "content_block_delta 2",
            "content_block_stop 2");
  }

  @Test
  void reasoningThatTheMaxTokensCutIsSignedAndClosed() {
    List<JsonNode> events =
        stream(dialect(), Ending.of(Ending.Reason.LENGTH), reasoning("Let me see."));

    assertThat(events.get(4).at("/delta/signature").textValue()).isEqualTo(SIGNATURE);
    assertThat(events.get(5).get("type").textValue()).isEqualTo("content_block_stop");
    assertThat(events.get(6).at("/delta/stop_reason").textValue()).isEqualTo("max_tokens");
  }

  @Test
  void omittedReasoningLeavesABlockWithoutItsText() {
    MessagesDialect dialect = new MessagesDialect("msg_1", "m", false);

    assertThat(blocks(dialect, reasoning("Let me "), reasoning("see."), text("a")).subList(0, 3))
        .containsExactly(
            json(
                """
                {"type":"content_block_start","index":0,
                "content_block":{"type":"thinking","thinking":"","signature":""}}"""),
            json(
                """
                {"type":"content_block_delta","index":0,
                "delta":{"type":"signature_delta","signature":"%s"}}"""
                    .formatted(SIGNATURE)),
            json("{\"type\":\"content_block_stop\",\"index\":0}"));
    assertThat(
            whole(new MessagesDialect("msg_1", "m", false), END, reasoning("Let me see."))
                .at("/content/0"))
        .isEqualTo(
            json(
                "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"%s\"}"
                    .formatted(SIGNATURE)));
  }

  @Test
  void anAnswerOfNothingHasNoBlocks() {
    assertThat(blocks(dialect(), text(""), reasoning(""))).isEmpty();
    assertThat(whole(dialect(), END, text("")).get("content")).isEqualTo(json("[]"));
  }

  @Test
  void theReasonSaysHowItEnded() {
    Ending stopString = new Ending(Ending.Reason.STOP, "\n\n");

    assertThat(whole(dialect(), END).get("stop_reason").textValue()).isEqualTo("end_turn");
    assertThat(whole(dialect(), END).get("stop_sequence").isNull()).isTrue();
    assertThat(whole(dialect(), stopString).get("stop_reason").textValue())
        .isEqualTo("stop_sequence");
    assertThat(whole(dialect(), stopString).get("stop_sequence").textValue()).isEqualTo("\n\n");
    assertThat(whole(dialect(), Ending.of(Ending.Reason.LENGTH)).get("stop_reason").textValue())
        .isEqualTo("max_tokens");
    assertThat(stream(dialect(), stopString).get(2).get("delta"))
        .isEqualTo(json("{\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"\\n\\n\"}"));
  }

  @Test
  void anEndingThatAnthropicDoesNotKnowIsAFault() {
    assertThatThrownBy(
            () -> whole(dialect(), Ending.of(Ending.Reason.INSUFFICIENT_SYSTEM_RESOURCE)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(dialect().endsShort()).isFalse();
  }

  private static JsonNode input(String arguments) {
    Answer answer =
        new Answer(
            null, List.of(), "", List.of(), List.of(new Answer.Call("c", "f", arguments)), END);
    return json(dialect().whole(List.of(answer), COUNT).toString()).at("/content/0/input");
  }

  @Test
  void theInputIsAnObjectWhateverTheModelWrote() {
    assertThat(input("{\"a\": [1, \"ü\"]}")).isEqualTo(json("{\"a\":[1,\"ü\"]}"));
    assertThat(input("")).isEqualTo(json("{}"));
    assertThat(input("{\"city\":\"Os"))
        .isEqualTo(json("{\"INVALID_JSON\":\"{\\\"city\\\":\\\"Os\"}"));
    assertThat(input("[1]")).isEqualTo(json("{\"INVALID_JSON\":\"[1]\"}"));
    assertThat(input("{} {}")).isEqualTo(json("{\"INVALID_JSON\":\"{} {}\"}"));
  }

  @Test
  void aFailureIsAnEventAndSoIsAKeepAlive() {
    Buffer failure =
        dialect().failure(new ApiException(ApiError.SHUTTING_DOWN, "The server is going down."));

    assertThat(events(List.of(failure)))
        .containsExactly(
            json(
                """
                {"type":"error","error":{"type":"overloaded_error",
                "message":"The server is going down."}}"""));
    assertThat(events(List.of(dialect().keepAlive()))).containsExactly(json("{\"type\":\"ping\"}"));
  }
}
