package platform.deepseek.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.weights.Fixtures;
import platform.deepseek.inference.weights.GgufFile;

class ModelConfigTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void qwen2HasBiasesAndTiedEmbeddings() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"));

    assertThat(config.architecture()).isEqualTo(Architecture.QWEN2);
    assertThat(config.layers()).isEqualTo(3);
    assertThat(config.hidden()).isEqualTo(64);
    assertThat(config.intermediate()).isEqualTo(96);
    assertThat(config.heads()).isEqualTo(4);
    assertThat(config.kvHeads()).isEqualTo(2);
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.vocabulary()).isEqualTo(512);
    assertThat(config.context()).isEqualTo(1024);
    assertThat(config.rmsNormEps()).isEqualTo(1e-6f);
    assertThat(config.attentionBias()).isTrue();
    assertThat(config.qkNorm()).isFalse();
    assertThat(config.tiedEmbeddings()).isTrue();
    assertThat(config.bos()).isEqualTo(OptionalInt.of(0));
    assertThat(config.eos()).containsExactly(1);
    assertThat(config.rope().base()).isEqualTo(1e6);
    assertThat(config.rope().inverseFrequencies()).hasSize(8).startsWith(1f, 0.17782794f);
  }

  @Test
  void aSlidingWindowThatIsNotUsedIsIgnored() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_untied"));

    assertThat(config.tiedEmbeddings()).isFalse();
    assertThat(config.rope().base()).isEqualTo(1e4);
  }

  @Test
  void qwen3HasItsOwnHeadSizeAndNormsOfHeads() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen3"));

    assertThat(config.architecture()).isEqualTo(Architecture.QWEN3);
    assertThat(config.headDim()).isEqualTo(32);
    assertThat(config.queryRows()).isEqualTo(128);
    assertThat(config.keyRows()).isEqualTo(64);
    assertThat(config.qkNorm()).isTrue();
    assertThat(config.attentionBias()).isFalse();
  }

  @Test
  void llamaMayHaveSeveralEndsOfSequence() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/llama3_rope"));

    assertThat(config.architecture()).isEqualTo(Architecture.LLAMA);
    assertThat(config.eos()).containsExactly(1, 2);
  }

  /** Values of transformers' llama3 scaling for this config. */
  @Test
  void llama3ScalingKeepsShortWavesAndStretchesLongOnes() {
    var rope = ModelConfig.fromHuggingFace(Fixtures.path("models/llama3_rope")).rope();
    var plain = RotaryEmbedding.plainFrequencies(500_000, 16);

    assertThat(rope.inverseFrequencies()[0]).isEqualTo(1f);
    // 64 * 0.19392 / 2 pi = 1.9753 turns: (1.9753 - 1) / 3 of it is kept.
    assertThat(rope.inverseFrequencies()[1]).isCloseTo(0.0794f, within(5e-5f));
    for (int i = 2; i < 8; i++) {
      assertThat(rope.inverseFrequencies()[i]).isEqualTo((float) (plain[i] / 8));
    }
  }

  @Test
  void ggufSaysTheSameAsTheConfigItWasMadeFrom() {
    try (var llama = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"));
        var qwen2 = GgufFile.open(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"))) {
      for (var pair :
          List.of(
              Map.entry(ModelConfig.fromGguf(llama), "models/llama3_rope"),
              Map.entry(ModelConfig.fromGguf(qwen2), "models/qwen2_tied"))) {
        var found = pair.getKey();
        var expected = ModelConfig.fromHuggingFace(Fixtures.path(pair.getValue()));

        assertThat(found)
            .usingRecursiveComparison()
            .ignoringFields("rope", "bos", "eos")
            .isEqualTo(expected);
        assertThat(found.rope().base()).isEqualTo(expected.rope().base());
        for (int i = 0; i < expected.headDim() / 2; i++) {
          float frequency = expected.rope().inverseFrequencies()[i];
          assertThat(found.rope().inverseFrequencies()[i])
              .isCloseTo(frequency, within(frequency * 1e-6f));
        }
      }
      assertThat(ModelConfig.fromGguf(qwen2).bos()).isEmpty();
      assertThat(ModelConfig.fromGguf(qwen2).eos()).hasSize(1);
    }
  }

  @Test
  void newerSpellingOfRopeIsReadAsTheOlder() throws IOException {
    var config = copyOf("llama3_rope");
    var parameters = (ObjectNode) config.remove("rope_scaling");
    parameters.set("rope_theta", config.remove("rope_theta"));
    config.set("rope_parameters", parameters);

    assertThat(read(config).rope())
        .usingRecursiveComparison()
        .isEqualTo(ModelConfig.fromHuggingFace(Fixtures.path("models/llama3_rope")).rope());
  }

  @Test
  void olderSpellingOfTheElementTypeIsRead() throws IOException {
    var config = copyOf("qwen2_tied");
    config.set("torch_dtype", config.remove("dtype"));

    assertThat(read(config)).usingRecursiveComparison().isEqualTo(read(copyOf("qwen2_tied")));
  }

  @Test
  void linearScalingDividesEveryFrequency() throws IOException {
    var config = copyOf("qwen2_tied");
    config.putObject("rope_scaling").put("type", "linear").put("factor", 4.0);
    var plain = RotaryEmbedding.plainFrequencies(1e6, 16);

    var scaled = read(config).rope().inverseFrequencies();

    for (int i = 0; i < 8; i++) {
      assertThat(scaled[i]).isEqualTo((float) (plain[i] / 4));
    }
  }

  @Test
  void endsOfSequenceComeFromBothFilesOnce() throws IOException {
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"eos_token_id\": [7, 1], \"bos_token_id\": 0}");

    assertThat(read(copyOf("qwen2_tied")).eos()).containsExactly(7, 1);
  }

  @Test
  void absentOptionsHaveTheirDefaults() throws IOException {
    var config = copyOf("llama3_rope");
    config.remove(
        List.of(
            "head_dim",
            "num_key_value_heads",
            "rope_scaling",
            "rope_theta",
            "bos_token_id",
            "eos_token_id",
            "rms_norm_eps",
            "tie_word_embeddings"));

    var read = read(config);

    assertThat(read.headDim()).isEqualTo(16);
    assertThat(read.kvHeads()).isEqualTo(4);
    assertThat(read.rope().base()).isEqualTo(1e4);
    assertThat(read.rmsNormEps()).isEqualTo(1e-6f);
    assertThat(read.tiedEmbeddings()).isFalse();
    assertThat(read.bos()).isEmpty();
    assertThat(read.eos()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'architectures': ['GemmaForCausalLM']} | architecture 'GemmaForCausalLM' is not"
            + " supported; supported are LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM",
        "{'rope_scaling': {'rope_type': 'dynamic'}} | rope type 'dynamic' is not supported;"
            + " supported are default, linear, llama3, yarn",
        "{'rope_scaling': {'rope_type': 'yarn'}} | the rope parameters need factor",
        "{'rope_scaling': {'rope_type': 'llama3', 'factor': 8}} | the rope parameters need"
            + " low_freq",
        "{'use_sliding_window': true, 'sliding_window': 16} | sliding window attention",
        "{'layer_types': ['sliding_attention']} | layer type 'sliding_attention' is not supported",
        "{'quantization_config': {'quant_method': 'fp8'}} | quantization_config 'fp8'",
        "{'quantization_config': {'quant_method': 'awq'}} | quantization_config 'awq'",
        "{'hidden_act': 'gelu'} | hidden_act 'gelu' is not supported; supported is silu",
        "{'mlp_bias': true} | mlp_bias is not supported",
        "{'partial_rotary_factor': 0.5} | partial_rotary_factor 0.5 is not supported",
        "{'num_hidden_layers': 0} | num_hidden_layers must be an integer from 1 to",
        "{'vocab_size': 99999999999} | vocab_size must be an integer from 1 to",
        "{'hidden_size': '64'} | hidden_size must be an integer from 1 to",
        "{'hidden_size': null} | it is absent",
        "{'num_key_value_heads': 3} | 4 heads are not a multiple of 3 kv heads",
        "{'head_dim': 7} | head_dim 7 is odd",
        "{'rms_norm_eps': -1} | rms_norm_eps -1.0 is not between 0 and 1",
        "{'rope_theta': -5} | the rope parameters give the frequency",
        "{'eos_token_id': 'end'} | eos_token_id must be a token id or a list of them",
        "{'tie_word_embeddings': 'yes'} | tie_word_embeddings must be true or false",
      })
  void whatCannotBeRunIsRefusedWithASentence(String change, String expected) throws IOException {
    var config = copyOf("qwen2_tied");
    config.setAll((ObjectNode) JSON.readTree(change.replace('\'', '"')));

    assertThatThrownBy(() -> read(config))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("model_")
        .hasMessageContaining(folder.toString())
        .hasMessageContaining(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'scoring_func': 'softmax'} | scoring_func 'softmax' is not supported; supported is sig",
        "{'topk_method': 'greedy'} | topk_method 'greedy' is not supported; supported is noaux_tc",
        "{'n_group': 3} | 16 experts cannot be divided into 3 groups of which 2 are kept",
        "{'topk_group': 5} | 16 experts cannot be divided into 4 groups of which 5 are kept",
        "{'num_experts_per_tok': 9} | 9 experts cannot be chosen among 8",
        "{'n_group': 16, 'topk_group': 8} | groups of one expert have no best two",
        "{'rms_norm_eps': 1e-5} | rms_norm_eps 1.0E-5 is not supported for this architecture",
        "{'kv_lora_rank': null} | kv_lora_rank must be an integer",
        "{'qk_rope_head_dim': 15} | qk_rope_head_dim is odd",
        "{'attention_bias': true} | attention_bias",
      })
  void mixturesThatCannotBeRunAreRefusedWithASentence(String change, String expected)
      throws IOException {
    var config = copyOf("deepseek_v3");
    config.setAll((ObjectNode) JSON.readTree(change.replace('\'', '"')));

    assertThatThrownBy(() -> read(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void deepseekV2HasNoCompressedQueryAndGroupsByTheirBestExpert() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/deepseek_v2"));
    var latent = config.latent().orElseThrow();
    var mixture = config.mixture().orElseThrow();
    double magnitude = 0.1 * 0.707 * Math.log(4) + 1;

    assertThat(config.architecture()).isEqualTo(Architecture.DEEPSEEK_V2);
    assertThat(latent)
        .isEqualTo(new LatentAttention(0, 32, 16, 16, 24, magnitude * magnitude / Math.sqrt(32)));
    assertThat(config.rope().magnitude()).isEqualTo(1);
    assertThat(config.cachedValues()).isEqualTo(3 * (32 + 16));
    assertThat(config.attendedColumns()).isEqualTo(4 * 24);
    assertThat(mixture.sparseLayers().stream()).containsExactly(1, 2);
    assertThat(mixture.intermediate()).isEqualTo(24);
    assertThat(mixture.sharedIntermediate()).isEqualTo(48);
    assertThat(mixture.routing())
        .isEqualTo(
            new MixtureOfExperts.Routing(
                MixtureOfExperts.Scoring.SOFTMAX, false, 4, 2, false, 2.5f));
  }

  @Test
  void deepseekV3CompressesQueriesAndCorrectsItsChoice() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/deepseek_v3_fp8"));

    assertThat(config.architecture()).isEqualTo(Architecture.DEEPSEEK_V3);
    assertThat(config.latent().orElseThrow().queryRank()).isEqualTo(40);
    assertThat(config.mixture().orElseThrow().routing())
        .isEqualTo(
            new MixtureOfExperts.Routing(MixtureOfExperts.Scoring.SIGMOID, true, 4, 2, true, 2.5f));
    assertThat(config.layout())
        .isEqualTo(
            new CheckpointLayout(Optional.of(new CheckpointLayout.ScaledBlocks(32, 32)), 1, false));
  }

  @Test
  void qwen3MoeMayHaveDenseLayers() {
    var config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen3_moe"));
    var mixture = config.mixture().orElseThrow();

    assertThat(config.architecture()).isEqualTo(Architecture.QWEN3_MOE);
    assertThat(config.qkNorm()).isTrue();
    assertThat(config.latent()).isEmpty();
    assertThat(mixture.sparseLayers().stream()).containsExactly(0, 2);
    assertThat(mixture.experts()).isEqualTo(8);
    assertThat(mixture.chosen()).isEqualTo(2);
    assertThat(mixture.sharedIntermediate()).isZero();
    assertThat(mixture.routing().normalised()).isTrue();
  }

  /** Values of transformers' yarn scaling for the published config of DeepSeek-V3. */
  @Test
  void yarnKeepsFastChannelsAndSqueezesSlowOnes() {
    var rope = RotaryEmbedding.yarn(10_000, 64, 40, 4096, 32, 1, 1);
    var plain = RotaryEmbedding.plainFrequencies(10_000, 64);

    assertThat(rope.inverseFrequencies()[0]).isEqualTo(1f);
    assertThat(rope.inverseFrequencies()[10]).isCloseTo((float) plain[10], within(1e-9f));
    double kept = 1 - (15 - 10) / 13.0;
    assertThat((double) rope.inverseFrequencies()[15])
        .isCloseTo(plain[15] * (kept + (1 - kept) / 40), within(1e-9));
    assertThat((double) rope.inverseFrequencies()[31]).isCloseTo(plain[31] / 40, within(1e-12));
  }

  @Test
  void biasesOfTheOutputProductAreRefused() throws IOException {
    var config = copyOf("llama3_rope");
    config.put("attention_bias", true);

    assertThatThrownBy(() -> read(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("attention_bias");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "null", "{\"a\": nope}"})
  void aFileThatIsNoObjectIsRefused(String text) throws IOException {
    Files.writeString(folder.resolve("config.json"), text);

    assertThatThrownBy(() -> ModelConfig.fromHuggingFace(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("model_config_invalid");
  }

  @Test
  void aFolderWithoutConfigIsRefused() {
    assertThatThrownBy(() -> ModelConfig.fromHuggingFace(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("config.json");
  }

  private static ObjectNode copyOf(String model) throws IOException {
    return (ObjectNode) JSON.readTree(Fixtures.path("models/" + model + "/config.json").toFile());
  }

  private ModelConfig read(ObjectNode config) throws IOException {
    Files.write(folder.resolve("config.json"), JSON.writeValueAsBytes(config));
    return ModelConfig.fromHuggingFace(folder);
  }
}
