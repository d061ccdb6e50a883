package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FillInTheMiddleTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FIXTURE = TokenizerFixture.path("/fixtures/tokenizer_qwen_style");

  /** The fixture's tokenizer with more tokens behind its own. */
  private static HuggingFaceTokenizer with(List<String> tokens, Path folder) throws IOException {
    ObjectNode file = (ObjectNode) JSON.readTree(FIXTURE.resolve("tokenizer.json").toFile());
    int id = 512;
    for (String token : tokens) {
      file.withArray("added_tokens")
          .addObject()
          .put("id", id++)
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), file);
    Files.copy(FIXTURE.resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
    return HuggingFaceTokenizer.load(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "<｜fim▁begin｜>,<｜fim▁hole｜>,<｜fim▁end｜>",
    "<|fim_prefix|>,<|fim_suffix|>,<|fim_middle|>",
    "<fim_prefix>,<fim_suffix>,<fim_middle>"
  })
  void theTextBeforeAndTheTextAfterStandBehindTheirTokens(
      String before, String after, String middle, @TempDir Path folder) throws IOException {
    HuggingFaceTokenizer tokenizer = with(List.of(before, after, middle), folder);
    FillInTheMiddle fill = FillInTheMiddle.of(tokenizer).orElseThrow();
    int[] prompt = fill.prompt(new int[] {1, 2}, new int[] {3}, OptionalInt.empty());
    assertThat(prompt).containsExactly(512, 1, 2, 513, 3, 514);
    assertThat(fill.ends()).contains(512, 513, 514);
  }

  @Test
  void theBeginningOfTheSequenceStaysInFront(@TempDir Path folder) throws IOException {
    HuggingFaceTokenizer tokenizer =
        with(List.of("<fim_prefix>", "<fim_suffix>", "<fim_middle>"), folder);
    FillInTheMiddle fill = FillInTheMiddle.of(tokenizer).orElseThrow();
    assertThat(fill.prompt(new int[] {9, 1}, new int[] {2}, OptionalInt.of(9)))
        .containsExactly(9, 512, 1, 513, 2, 514);
    assertThat(fill.prompt(new int[] {}, new int[] {}, OptionalInt.of(9)))
        .containsExactly(512, 513, 514);
  }

  @Test
  void aModelWithoutTheTokensHasNone() {
    assertThat(FillInTheMiddle.of(HuggingFaceTokenizer.load(FIXTURE))).isEmpty();
  }
}
