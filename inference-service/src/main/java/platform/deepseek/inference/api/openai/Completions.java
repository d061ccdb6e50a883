package platform.deepseek.inference.api.openai;

import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.generation.GenerationSettings;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.Reading;
import platform.deepseek.inference.text.FillInTheMiddle;

/**
 * {@code POST /v1/completions}: from fields to sequences. Text is a user's own words, so special
 * tokens written in it stay text; who wants special tokens sends ids.
 */
@Singleton
public final class Completions {

  private static final int DEFAULT_MAX_TOKENS = 16;

  private final ServedModel model;
  private final Sequences sequences;
  private final Optional<FillInTheMiddle> fill;

  Completions(ServedModel model, Sequences sequences) {
    this.model = model;
    this.sequences = sequences;
    this.fill = FillInTheMiddle.of(model.tokenizer());
  }

  public Prepared prepare(Fields body, Surface surface) {
    sequences.requireModel(body);
    CompletionRequest request = CompletionRequest.parse(body, model.tokenizer().vocabularySize());
    GenerationSettings shown = request.settings();
    GenerationSettings settings = request.bestOf() > shown.choices() ? shown.ranked() : shown;
    boolean stream = body.flag("stream");
    boolean includeUsage = SettingsFields.includeUsage(body);
    List<Generation> generations = new ArrayList<>();
    for (CompletionRequest.Prompt prompt : request.prompts()) {
      if (prompt instanceof CompletionRequest.Prompt.Text(String text)) {
        sequences.requirePossible(text.length(), request.maxTokens());
      }
      int[] tokens = request.suffix() == null ? tokens(prompt) : tokens(prompt, request.suffix());
      String echo = request.echo() ? text(prompt) : null;
      int maxTokens =
          request.maxTokens().isPresent()
              ? request.maxTokens().getAsInt()
              : Math.min(DEFAULT_MAX_TOKENS, sequences.room(tokens.length));
      sequences.requireRoom(tokens.length, maxTokens);
      for (int i = 0; i < request.bestOf(); i++) {
        Generation generation =
            sequences.generation(tokens, maxTokens, settings, i, echo, Reading.PLAIN, null);
        generations.add(
            request.suffix() == null ? generation : generation.endedBy(fill.orElseThrow().ends()));
      }
    }
    Envelope envelope = Envelope.of("cmpl-", "text_completion", "text_completion", model);
    return new Prepared(
        envelope.id(),
        new CompletionDialect(envelope, model.tokenizer(), shown.scored(), includeUsage, surface),
        generations,
        request.bestOf(),
        shown.choices(),
        stream,
        Optional.empty());
  }

  /** The prompt that asks for the text before the suffix. */
  private int[] tokens(CompletionRequest.Prompt prompt, String suffix) {
    FillInTheMiddle tokens =
        fill.orElseThrow(
            () ->
                new ApiException(
                    ApiError.UNSUPPORTED_PARAMETER,
                    "Unsupported parameter: 'suffix' needs a model with tokens for filling in the"
                        + " middle, and '%s' has none.".formatted(model.id()),
                    "suffix"));
    sequences.requirePossible(suffix.length(), OptionalInt.empty());
    int[] prefix =
        switch (prompt) {
          case CompletionRequest.Prompt.Text text ->
              model.tokenizer().encode(text.text(), false, true);
          case CompletionRequest.Prompt.Tokens ids -> ids.ids();
        };
    return tokens.prompt(
        prefix,
        model.tokenizer().encode(suffix, false, false),
        model.tokenizer().beginOfSequence());
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
