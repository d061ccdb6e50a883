package platform.deepseek.inference.api.anthropic;

import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.chat.ChatPreparation;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;

/** {@code POST /v1/messages} and {@code /v1/messages/count_tokens}. */
@Singleton
public final class Messages {

  private final ServedModel model;
  private final Sequences sequences;
  private final ChatPreparation preparation;

  Messages(ServedModel model, Sequences sequences, ChatPreparation preparation) {
    this.model = model;
    this.sequences = sequences;
    this.preparation = preparation;
  }

  /** From fields to a sequence. */
  public Prepared prepare(Fields body) {
    sequences.requireModel(body);
    ChatRequest request = MessageRequestFields.parse(body, reasons());
    boolean stream = body.flag("stream");
    boolean thinkingShown = ThinkingConfig.shown(body);
    List<Generation> generations = preparation.prepare(request, !stream);
    String id = "msg_" + UUID.randomUUID().toString().replace("-", "");
    return Prepared.of(
        id, new MessagesDialect(id, model.id(), thinkingShown), generations, 1, stream);
  }

  /** The tokens that a request's prompt would have. */
  public JsonBytes count(Fields body) {
    sequences.requireModel(body);
    ChatRequest request = MessageRequestFields.parseAnySize(body, reasons());
    return new JsonBytes(32).raw("{\"input_tokens\":").number(preparation.count(request)).raw("}");
  }

  private boolean reasons() {
    return model.format().answer().reasoning().isPresent();
  }
}
