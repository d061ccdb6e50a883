package platform.deepseek.inference.api.chat;

import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.chat.ChatPrompts.ChatPrompt;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.generation.GenerationSettings;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Reading;
import platform.deepseek.inference.grammar.CompiledGrammar;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.ReasoningBudget;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;
import platform.deepseek.inference.sampling.TokenConstraint;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.AnswerStart;
import platform.deepseek.inference.text.answer.ThinkingMode;

/** From a conversation to the sequences that answer it. */
@Singleton
public final class ChatPreparation {

  private final ServedModel model;
  private final Grammars grammars;
  private final Sequences sequences;
  private final ChatPrompts prompts;

  public ChatPreparation(
      ServedModel model, Sequences sequences, ChatPrompts prompts, Grammars grammars) {
    this.model = model;
    this.sequences = sequences;
    this.prompts = prompts;
    this.grammars = grammars;
  }

  /**
   * One sequence per choice.
   *
   * @param awaited whether nobody sees the answer before it is whole, so that it may be held back
   *     until it is certain what is reasoning; not where the text itself may end the answer
   */
  public List<Generation> prepare(ChatRequest request, boolean awaited) {
    requireReasoning(request.thinking());
    sequences.requirePossible(
        request.turns().stream().mapToLong(Turn::length).sum(), request.maxTokens());
    ChatPrompt prompt = prompts.prompt(request, sequences.mostCounted());
    sequences.requireCounted(prompt.tokens().length, request.maxTokens());
    GenerationSettings settings = request.settings();
    int maxTokens = request.maxTokens().orElseGet(() -> sequences.room(prompt.tokens().length));
    sequences.requireRoom(prompt.tokens().length, maxTokens);
    AnswerFormat format = prompts.answers();
    Reading reading =
        new Reading(
            format,
            prompt.start(),
            request.toolChoice().names(),
            request.parallelCalls(),
            awaited && settings.stop().isEmpty() && request.parallelCalls());
    Supplier<TokenConstraint> constraints = constraints(request, format, prompt.start());
    int[] prediction = sequences.prediction(request.prediction());
    List<Generation> generations = new ArrayList<>(settings.choices());
    for (int i = 0; i < settings.choices(); i++) {
      generations.add(
          sequences
              .generation(
                  prompt.tokens(), maxTokens, settings, i, null, reading, begun(constraints))
              .predicting(prediction));
    }
    return generations;
  }

  /** Where the ways to begin an answer are too many already, nothing is queued. */
  private static TokenConstraint begun(Supplier<TokenConstraint> constraints) {
    try {
      return constraints.get();
    } catch (ConstraintTooCostlyException e) {
      throw new ApiException(
          ApiError.GRAMMAR_TOO_COSTLY,
          "What was asked of the answer's form cannot be followed: " + e.getMessage());
    }
  }

  /** Tokens of the prompt that a conversation makes. */
  public int count(ChatRequest request) {
    return prompts.prompt(request, Integer.MAX_VALUE).tokens().length;
  }

  private void requireReasoning(Thinking thinking) {
    if (thinking.mode() == ThinkingMode.ON && model.format().answer().reasoning().isEmpty()) {
      throw new ApiException(
          ApiError.UNSUPPORTED_PARAMETER,
          "Unsupported parameter: the model '%s' does not reason; leave thinking and effort out."
              .formatted(model.id()));
    }
  }

  /** A constraint for each choice: it goes forward with its own sequence. */
  private Supplier<TokenConstraint> constraints(
      ChatRequest request, AnswerFormat format, AnswerStart start) {
    Optional<Grammar> grammar = AnswerGrammar.of(request, format, start);
    OptionalInt budget =
        start == AnswerStart.REASONING ? request.thinking().budget() : OptionalInt.empty();
    if (grammar.isEmpty()) {
      return budget.isEmpty() ? () -> null : freeAnswer(format, budget.getAsInt());
    }
    if (request.settings().ignoreEndOfSequence()) {
      throw new ApiException(
          ApiError.UNSUPPORTED_PARAMETER,
          "Unsupported parameter: 'ignore_eos' cannot go on where the answer's shape has ended.",
          "ignore_eos");
    }
    CompiledGrammar compiled = grammars.compiled(grammar.get());
    return budget.isPresent() ? () -> compiled.start(budget.getAsInt()) : compiled::start;
  }

  /** Only the reasoning is bounded. */
  private Supplier<TokenConstraint> freeAnswer(AnswerFormat format, int budget) {
    String marker = format.reasoning().orElseThrow().close();
    CompiledGrammar compiled = grammars.compiled(ReasoningBudget.grammarOfFreeAnswer(marker));
    return () -> new ReasoningBudget(compiled, budget);
  }
}
