package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerConfigTest {

  @Test
  void tokensAreReadAsTextOrAsObjects() throws IOException {
    var config =
        TokenizerConfig.parse(
            """
            {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}}\
            """);

    assertThat(config.beginOfSequence()).contains("<s>");
    assertThat(config.endOfSequence()).contains("</s>");
    assertThat(config.addBeginOfSequence()).isEmpty();
    assertThat(config.chatTemplate()).isEmpty();
  }

  @Test
  void llamaTokenizersAddTheBeginTokenUnlessToldNotTo() throws IOException {
    String silent = "{\"tokenizer_class\": \"LlamaTokenizerFast\"}";
    String told = "{\"tokenizer_class\": \"LlamaTokenizerFast\", \"add_bos_token\": false}";

    assertThat(TokenizerConfig.parse(silent).addBeginOfSequence()).contains(true);
    assertThat(TokenizerConfig.parse(told).addBeginOfSequence()).contains(false);
  }

  @Test
  void namedTemplatesAreKeptByName() throws IOException {
    var config =
        TokenizerConfig.parse(
            """
            {"bos_token": null, "chat_template": [
              {"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]}\
            """);

    assertThat(config.chatTemplate()).contains("a");
    assertThat(config.chatTemplates()).containsEntry("tool_use", "b").hasSize(2);
    assertThat(config.beginOfSequence()).isEmpty();
  }

  @Test
  void aTemplateFileComesBeforeTheOneInTheConfiguration(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"old\"}");
    Files.writeString(folder.resolve("chat_template.jinja"), "new");

    assertThat(TokenizerConfig.read(folder).chatTemplate()).contains("new");
  }

  @Test
  void aFolderWithoutConfigurationSaysNothing(@TempDir Path folder) {
    assertThat(TokenizerConfig.read(folder)).isEqualTo(TokenizerConfig.empty());
  }

  @Test
  void aDamagedConfigurationIsNamed(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{");

    assertThatThrownBy(() -> TokenizerConfig.read(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("tokenizer_config.json");
  }
}
