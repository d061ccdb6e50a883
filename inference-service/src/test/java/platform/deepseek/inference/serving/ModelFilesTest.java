package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.GgufOfFolder;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.text.Prompt;
import platform.deepseek.inference.text.PromptEncoder;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.GgufWriter;

class ModelFilesTest {

  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");

  @TempDir private Path folder;

  @Test
  void folderOfHuggingFaceIsOpened() {
    ModelFiles files = ModelFiles.open(FIXTURES.resolve("models/llama3_rope"));
    assertThat(files.name()).isEqualTo("llama3_rope");
    assertThat(files.files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("model.safetensors");
    assertThat(files.stopTokens()).containsAll(files.config().eos());
    files.checkpoint().close();
  }

  @Test
  void ggufIsOpenedByItsPathAndByItsFolder() throws IOException {
    Path gguf = FIXTURES.resolve("gguf/tiny_qwen2_q8_0.gguf");
    Files.copy(gguf, folder.resolve("tiny.gguf"));
    ModelFiles byPath = ModelFiles.open(gguf);
    ModelFiles byFolder = ModelFiles.open(folder);
    assertThat(byPath.name()).isEqualTo("tiny_qwen2_q8_0");
    assertThat(byFolder.name()).isEqualTo("tiny");
    assertThat(byFolder.config().layers()).isEqualTo(byPath.config().layers());
    byPath.checkpoint().close();
    byFolder.checkpoint().close();
  }

  @Test
  void partsOfAGgufFileAreOpenedByTheirFolder() throws IOException {
    GgufOfFolder model = GgufOfFolder.of(FIXTURES.resolve("models/deepseek_v2"));
    model.metadata().integer("split.no", 0).integer("split.count", 2);
    withTokenizer(model.metadata(), "deepseek-llm", "{{ bos_token }}");
    model.write(folder.resolve("V2-Lite-00001-of-00002.gguf"));
    new GgufWriter()
        .integer("split.no", 1)
        .integer("split.count", 2)
        .tensor("blk.3.attn_norm.weight", DType.F32, new float[8], 8)
        .write(folder.resolve("V2-Lite-00002-of-00002.gguf"));

    ModelFiles files = ModelFiles.open(folder);

    assertThat(files.files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("V2-Lite-00001-of-00002.gguf", "V2-Lite-00002-of-00002.gguf");
    assertThat(files.name()).isEqualTo("V2-Lite");
    assertThat(files.checkpoint().tensors()).containsKey("blk.3.attn_norm.weight");
    files.checkpoint().close();
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek_v2, deepseek-llm, deepseek_v3_style",
    "deepseek_v3_fp8, deepseek-v3, deepseek_v3_style",
    "deepseek_v3_fp8, deepseek-v3, deepseek_v31_style",
    "qwen3_moe, qwen2, qwen3_style"
  })
  void promptsOfAMixturesFileFollowItsTemplate(String model, String rules, String style)
      throws IOException {
    Path file = folder.resolve("mixture.gguf");
    String template = Files.readString(FIXTURES.resolve("answer_templates/" + style + ".jinja"));
    GgufOfFolder writer = GgufOfFolder.of(FIXTURES.resolve("models/" + model));
    withTokenizer(writer.metadata(), rules, template);
    writer.write(file);

    ModelFiles files = ModelFiles.open(file);
    HuggingFaceTokenizer tokenizer = files.tokenizer();
    Prompt prompt =
        PromptEncoder.of(tokenizer, tokenizer.config().chatTemplate().orElseThrow())
            .encode(List.of(Map.of("role", "user", "content", "Hello")), List.of(), true, Map.of());

    assertThat(prompt.text())
        .isEqualTo(
            style.startsWith("qwen")
                ? "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
                : "<｜begin▁of▁sentence｜><｜User｜>Hello<｜Assistant｜>"
                    + (style.contains("v31") ? "</think>" : ""));
    assertThat(files.config().mixture()).isPresent();
    files.checkpoint().close();
  }

  /** In V2's manner, which asks whether the wish for an answer is defined at all. */
  @Test
  void templatesOfV2sKindAreRendered() throws IOException {
    Path file = folder.resolve("v2.gguf");
    GgufOfFolder writer = GgufOfFolder.of(FIXTURES.resolve("models/deepseek_v2"));
    withTokenizer(
        writer.metadata(),
        "deepseek-llm",
        """
        {% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}\
        {% endif %}{{ bos_token }}{% for message in messages %}\
        {% if message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\\n\\n' }}\
        {% elif message['role'] == 'assistant' %}\
        {{ 'Assistant: ' + message['content'] + eos_token }}{% endif %}{% endfor %}\
        {% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}""");
    writer.write(file);

    ModelFiles files = ModelFiles.open(file);
    Prompt prompt =
        PromptEncoder.of(files.tokenizer(), files.tokenizer().config().chatTemplate().orElseThrow())
            .encode(
                List.of(
                    Map.of("role", "user", "content", "1?"),
                    Map.of("role", "assistant", "content", "2."),
                    Map.of("role", "user", "content", "3?")),
                List.of(),
                true,
                Map.of());

    assertThat(prompt.text())
        .isEqualTo(
            "<｜begin▁of▁sentence｜>User: 1?\n\nAssistant: 2.<｜end▁of▁sentence｜>User: 3?\n\n"
                + "Assistant:");
    files.checkpoint().close();
  }

  /** The vocabulary of the tiny tokenizers, as files have it. */
  private static GgufWriter withTokenizer(GgufWriter writer, String rules, String template)
      throws IOException {
    String folder = rules.equals("qwen2") ? "tokenizer_qwen_style" : "tokenizer";
    JsonNode json =
        new ObjectMapper().readTree(FIXTURES.resolve(folder + "/tokenizer.json").toFile());
    String[] tokens = new String[512];
    int[] types = new int[512];
    for (var entry : json.get("model").get("vocab").properties()) {
      tokens[entry.getValue().intValue()] = entry.getKey();
      types[entry.getValue().intValue()] = 1;
    }
    for (JsonNode added : json.get("added_tokens")) {
      tokens[added.get("id").intValue()] = added.get("content").textValue();
      types[added.get("id").intValue()] = added.get("special").booleanValue() ? 3 : 4;
    }
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id] == null) {
        tokens[id] = "[PAD" + id + "]";
        types[id] = 5;
      }
    }
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : json.get("model").get("merges")) {
      merges.add(
          merge.isArray()
              ? merge.get(0).textValue() + " " + merge.get(1).textValue()
              : merge.textValue());
    }
    return writer
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", rules)
        .texts("tokenizer.ggml.tokens", List.of(tokens))
        .integers("tokenizer.ggml.token_type", types)
        .texts("tokenizer.ggml.merges", merges)
        .text("tokenizer.chat_template", template);
  }

  @Test
  void folderWithoutAModelIsRefusedWithWhatToName() {
    assertThatThrownBy(() -> ModelFiles.open(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "MODEL=%s has no config.json and 0 .gguf files: name a folder with config.json and"
                    .formatted(folder)
                + " *.safetensors, or one .gguf file");
  }

  @Test
  void folderWithoutWeightsIsRefusedAsIncomplete() throws IOException {
    Path config = FIXTURES.resolve("models/llama3_rope/config.json");
    Files.copy(config, folder.resolve("config.json"));
    assertThatThrownBy(() -> ModelFiles.open(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 0 .safetensors files")
        .hasMessageEndingWith("is the download complete?");
  }

  @Test
  void nameIsLookedUpInTheModelsFolder() throws IOException {
    Path model = Files.createDirectory(folder.resolve("mine"));
    assertThat(ModelFiles.resolve("mine", folder.toString())).isEqualTo(model);
    assertThat(ModelFiles.resolve(model.toString(), "/nowhere")).isEqualTo(model);
    assertThatThrownBy(() -> ModelFiles.resolve("absent", folder.toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("MODEL=absent is neither a path nor a name in " + folder);
  }
}
