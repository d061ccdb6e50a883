package platform.deepseek.inference.api.openai;

import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;

/**
 * {@code POST /v1/completions}: from fields to sequences. Text is a user's own words, so special
 * tokens written in it stay text; who wants special tokens sends ids.
 */
@Singleton
public final class Completions {

  private static final int DEFAULT_MAX_TOKENS = 16;

  private final ServedModel model;
  private final Sequences sequences;

  Completions(ServedModel model, ServiceConfig config) {
    this.model = model;
    this.sequences = new Sequences(model, config.startWithin());
  }

  public Prepared prepare(Fields body) {
    sequences.requireModel(body);
    CompletionRequest request = CompletionRequest.parse(body, model.tokenizer().vocabularySize());
    GenerationSettings settings = request.settings();
    List<Generation> generations = new ArrayList<>();
    for (CompletionRequest.Prompt prompt : request.prompts()) {
      if (prompt instanceof CompletionRequest.Prompt.Text(String text)) {
        sequences.requirePossible(text.length(), request.maxTokens());
      }
      int[] tokens = tokens(prompt);
      String echo = request.echo() ? text(prompt) : null;
      int maxTokens =
          request.maxTokens().isPresent()
              ? request.maxTokens().getAsInt()
              : Math.min(DEFAULT_MAX_TOKENS, sequences.room(tokens.length));
      sequences.requireRoom(tokens.length, maxTokens);
      for (int i = 0; i < settings.choices(); i++) {
        generations.add(sequences.generation(tokens, maxTokens, settings, i, echo));
      }
    }
    Envelope envelope = Envelope.of("cmpl-", "text_completion", "text_completion", model);
    return new Prepared(
        envelope.id(),
        new CompletionDialect(envelope, model.tokenizer(), settings),
        generations,
        settings.choices(),
        settings.stream());
  }

  private int[] tokens(CompletionRequest.Prompt prompt) {
    int[] tokens =
        switch (prompt) {
          case CompletionRequest.Prompt.Text text ->
              model.tokenizer().encode(text.text(), false, true);
          case CompletionRequest.Prompt.Tokens ids -> ids.ids();
        };
    if (tokens.length == 0) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid 'prompt': it has no tokens, and this model has no beginning-of-sequence token"
              + " to start from.",
          "prompt");
    }
    return tokens;
  }

  private String text(CompletionRequest.Prompt prompt) {
    return switch (prompt) {
      case CompletionRequest.Prompt.Text text -> text.text();
      case CompletionRequest.Prompt.Tokens ids -> model.tokenizer().decode(ids.ids(), true);
    };
  }
}
