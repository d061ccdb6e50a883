package platform.deepseek.inference.api.parrot;

import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.grammar.TokenVocabulary;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.text.PromptEncoder;

/** The parrot behind the real engine, the real tokenizer and the real API. */
@Alternative
@Singleton
public class ParrotModel {

  public static final String ID = "parrot";
  public static final int CONTEXT = 8_192;
  private static final int BATCH = 16;

  @Produces
  @Singleton
  HuggingFaceTokenizer tokenizer() {
    return HuggingFaceTokenizer.load(Path.of("src/test/resources/fixtures/tokenizer_qwen_style"));
  }

  @Produces
  @Singleton
  ParrotRunner runner(HuggingFaceTokenizer tokenizer, ServiceConfig config) {
    return new ParrotRunner(tokenizer, CONTEXT, config.maxBatchSize().orElse(BATCH));
  }

  @Produces
  @Singleton
  ServedModel model(
      HuggingFaceTokenizer tokenizer,
      ParrotRunner runner,
      ServiceConfig config,
      EngineObserver observer) {
    Set<Integer> stopTokens = Set.of(tokenizer.endOfSequence().orElseThrow());
    TokenVocabulary vocabulary =
        new TokenVocabulary(
            tokenizer.vocabularySize(), tokenizer::bytes, stopTokens, tokenizer::isSpecial);
    EngineConfig engine =
        new EngineConfig(
            config.maxBatchSize().orElse(BATCH), 512, config.queueLimit(), true, 16, 0);
    return new ServedModel(
        ID,
        1_700_000_000,
        CONTEXT,
        tokenizer,
        Optional.of(PromptEncoder.of(tokenizer, tokenizer.config().chatTemplate().orElseThrow())),
        () -> vocabulary,
        stopTokens,
        Engine.start(runner, engine, observer),
        "fp_parrot",
        new ModelIdentity("parrot-weights", "parrot-tokenizer", "parrot-template", "parrot-engine"),
        List.of());
  }

  void close(@Disposes ServedModel model) {
    model.engine().close();
  }
}
