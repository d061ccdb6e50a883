package platform.deepseek.inference.api.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.text.StopMatcher;

class ChoiceTest {

  private static final HuggingFaceTokenizer TOKENIZER =
      HuggingFaceTokenizer.load(Path.of("src/test/resources/fixtures/tokenizer_qwen_style"));
  private static final SamplingParams SCORED =
      new SamplingParams(0, 0, 1, 0, 0, 0, 1, Map.of(), 0, 0);

  /** What came out of a choice that was given a text's tokens. */
  private record Said(String text, List<ScoredToken> scores, boolean stopped) {}

  private static Said say(String text, List<String> stop) {
    GenerationRequest request =
        new GenerationRequest(
            new int[] {1}, 100, SCORED, Set.of(), "", false, Duration.ofSeconds(1));
    Choice choice =
        new Choice(
            0,
            new Generation(request, stop, null, Reading.PLAIN),
            new StopMatcher(stop),
            TOKENIZER,
            TOKENIZER::isSpecial);
    StringBuilder said = new StringBuilder();
    List<ScoredToken> scores = new ArrayList<>();
    for (int token : TOKENIZER.encode(text, false, false)) {
      take(choice.token(new Sample(token, -1, List.of())), said, scores);
      if (choice.satisfied()) {
        return new Said(said.toString(), scores, true);
      }
    }
    take(choice.rest(), said, scores);
    return new Said(said.toString(), scores, choice.satisfied());
  }

  private static void take(List<Piece> pieces, StringBuilder said, List<ScoredToken> scores) {
    for (Piece piece : pieces) {
      Piece.Text text = (Piece.Text) piece;
      said.append(text.text());
      scores.addAll(text.scores());
    }
  }

  @Test
  void everyTokenLeavesOnceInOrderWithItsPlace() {
    String text = "Grüße 🌍 one two 東京!";
    Said said = say(text, List.of());
    assertThat(said.text()).isEqualTo(text);
    assertThat(said.scores().stream().map(scored -> scored.sample().token()).toList())
        .isEqualTo(Arrays.stream(TOKENIZER.encode(text, false, false)).boxed().toList());
    assertThat(said.scores().stream().map(ScoredToken::offset).toList()).isSorted();
  }

  @Test
  void tokensOfAStopStringNeverLeave() {
    Said said = say("one two three", List.of(" two"));
    assertThat(said.stopped()).isTrue();
    assertThat(said.text()).isEqualTo("one");
    assertThat(said.scores()).allSatisfy(s -> assertThat(s.offset()).isLessThan(3));
  }

  @Test
  void aStopStringThatOnlyBeginsIsGivenBackAtTheEnd() {
    Said said = say("one tw", List.of(" two"));
    assertThat(said.stopped()).isFalse();
    assertThat(said.text()).isEqualTo("one tw");
    assertThat(said.scores()).hasSize(TOKENIZER.encode("one tw", false, false).length);
  }

  @Test
  void anyTextIsCutBeforeItsFirstStopString() {
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(1, 30); j > 0; j--) {
        text.append("ab é".charAt(random.nextInt(4)));
      }
      String stop = random.nextBoolean() ? "ab" : "é a";
      int at = text.indexOf(stop);
      Said said = say(text.toString(), List.of(stop));
      assertThat(said.text()).isEqualTo(at < 0 ? text.toString() : text.substring(0, at));
      assertThat(said.stopped()).isEqualTo(at >= 0);
    }
  }
}
