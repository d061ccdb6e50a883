package platform.deepseek.inference.api.openai;

import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.text.template.TemplateException;

/** {@code POST /v1/chat/completions}: from fields to sequences. */
@Singleton
public final class ChatCompletions {

  private final ServedModel model;
  private final Sequences sequences;

  ChatCompletions(ServedModel model, ServiceConfig config) {
    this.model = model;
    this.sequences = new Sequences(model, config.startWithin());
  }

  public Prepared prepare(Fields body) {
    sequences.requireModel(body);
    ChatRequest request = ChatRequest.parse(body, model.tokenizer().vocabularySize());
    sequences.requirePossible(
        request.messages().stream().mapToLong(ChatMessage::length).sum(), request.maxTokens());
    int[] prompt = prompt(request.messages());
    GenerationSettings settings = request.settings();
    int maxTokens =
        request.maxTokens().isPresent()
            ? request.maxTokens().getAsInt()
            : sequences.room(prompt.length);
    sequences.requireRoom(prompt.length, maxTokens);
    List<Generation> generations = new ArrayList<>(settings.choices());
    for (int i = 0; i < settings.choices(); i++) {
      generations.add(sequences.generation(prompt, maxTokens, settings, i, null));
    }
    Envelope envelope = Envelope.of("chatcmpl-", "chat.completion", "chat.completion.chunk", model);
    return new Prepared(
        envelope.id(),
        new ChatDialect(envelope, model.tokenizer(), settings),
        generations,
        settings.choices(),
        settings.stream());
  }

  private int[] prompt(List<ChatMessage> messages) {
    PromptEncoder encoder =
        model
            .prompts()
            .orElseThrow(
                () -> refused("this model has none; use /v1/completions or an instruct model."));
    List<Map<String, Object>> variables = messages.stream().map(ChatMessage::variables).toList();
    try {
      return encoder.encode(variables, List.of(), true, Map.of()).tokens();
    } catch (TemplateException e) {
      throw refused(
          switch (e.kind()) {
            case RAISED -> e.detail();
            case SYNTAX, EVALUATION, LIMIT -> e.getMessage();
          });
    } catch (IllegalArgumentException e) { // the text leaves no character free for a mark
      throw refused(e.getMessage());
    }
  }

  private static ApiException refused(String why) {
    return new ApiException(
        ApiError.TEMPLATE_REFUSED, "The chat template refused the messages: " + why, "messages");
  }
}
