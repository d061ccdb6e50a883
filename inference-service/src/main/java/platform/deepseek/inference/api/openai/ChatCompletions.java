package platform.deepseek.inference.api.openai;

import jakarta.inject.Singleton;
import java.util.List;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.chat.ChatPreparation;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;

/** {@code POST /v1/chat/completions}: from fields to sequences. */
@Singleton
public final class ChatCompletions {

  private final ServedModel model;
  private final Sequences sequences;
  private final ChatPreparation preparation;

  ChatCompletions(ServedModel model, Sequences sequences, ChatPreparation preparation) {
    this.model = model;
    this.sequences = sequences;
    this.preparation = preparation;
  }

  public Prepared prepare(Fields body, Surface surface) {
    sequences.requireModel(body);
    ChatRequest request = ChatFields.parse(body, model.tokenizer().vocabularySize());
    DeepSeekRules.check(request, surface, model.format().answer().reasoning().isPresent());
    boolean stream = body.flag("stream");
    boolean includeUsage = SettingsFields.includeUsage(body);
    List<Generation> generations = preparation.prepare(request, !stream);
    Envelope envelope = Envelope.of("chatcmpl-", "chat.completion", "chat.completion.chunk", model);
    return Prepared.of(
        envelope.id(),
        new ChatDialect(
            envelope, model.tokenizer(), request.settings().scored(), includeUsage, surface),
        generations,
        generations.size(),
        stream);
  }
}
