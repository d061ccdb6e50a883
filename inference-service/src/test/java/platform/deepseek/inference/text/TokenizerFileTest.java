package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TokenizerFileTest {

  private static final String BYTE_FALLBACK =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
       "decoder": {"type": "Sequence", "decoders": [
         {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
         {"type": "ByteFallback"}, {"type": "Fuse"}]},
       "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
       "model": {"type": "BPE", "byte_fallback": true, "unk_token": "<unk>",
         "vocab": {"<unk>": 0, "<0xC3>": 1, "<0xA9>": 2, "a": 3, "▁": 4, "▁a": 5},
         "merges": ["▁ a"]}}\
      """;

  private static final String WITH_TEMPLATE =
      """
      {"added_tokens": [{"id": 3, "content": "<s>", "special": true}],
       "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": false},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}},
       "model": {"type": "BPE", "ignore_merges": true,
         "vocab": {"a": 0, "<": 1, "<s>": 3, ">": 4, "s": 5}, "merges": []}}\
      """;

  @Test
  void byteFallbackTokensStandForTheirBytes() {
    var tokenizer = of(BYTE_FALLBACK);

    assertThat(tokenizer.bytes(1)).containsExactly(0xC3);
    assertThat(tokenizer.decode(new int[] {5, 1, 2, 4, 0}, true)).isEqualTo(" aé ");
    assertThat(tokenizer.encode("a aé", true, false)).containsExactly(3, 5, 1, 2);
  }

  @Test
  void theBeginTokenMayComeFromThePostProcessor() {
    assertThat(of(WITH_TEMPLATE).encode("a", false, true)).containsExactly(3, 0);
    assertThat(of(WITH_TEMPLATE).encode("", false, true)).containsExactly(3);
  }

  @Test
  void anAddedTokenInTheVocabularyIsNotMadeOfOrdinaryText() {
    assertThat(of(WITH_TEMPLATE).encode("<s>", false, false)).containsExactly(1, 5, 4);
    assertThat(of(WITH_TEMPLATE).encode("<s>", true, false)).containsExactly(3);
  }

  @Test
  void otherModelsAreRefused() {
    assertThatThrownBy(
            () -> TokenizerFile.parse("{\"model\": {\"type\": \"Unigram\", \"vocab\": []}}"))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("\"Unigram\"");
  }

  @Test
  void whatIsNoJsonIsRefused() {
    assertThatThrownBy(() -> TokenizerFile.parse("[1, 2"))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("not JSON");
    assertThatThrownBy(() -> TokenizerFile.parse("[]"))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("not a JSON object");
  }

  @Test
  void whatTheLibraryRefusesIsReported() {
    assertThatThrownBy(() -> of("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}}}"))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("tokenizers library");
  }

  private static HuggingFaceTokenizer of(String json) {
    return HuggingFaceTokenizer.of(TokenizerFile.parse(json), TokenizerConfig.empty());
  }
}
