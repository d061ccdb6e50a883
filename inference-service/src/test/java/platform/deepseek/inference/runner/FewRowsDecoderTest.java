package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.weights.Checkpoint;

/** What a run queues, in kernels that only take notes: those of 16 bits have no reference. */
class FewRowsDecoderTest {

  private static final Path MODEL = Fixtures.path("models/llama3_rope");
  private static final int ROWS = 2;

  private final List<String> launched = new ArrayList<>();
  private final HostDevice device = new HostDevice();

  FewRowsDecoderTest() {
    for (String kernel :
        List.of(
            "embed",
            "add_norm",
            "select_norm",
            "swiglu",
            "select_rows",
            "select_hidden",
            "attention_plan",
            "rotary_append",
            "attention_decode_16",
            "attention_prompt_short_16",
            "few_rows_residual_product_wide",
            "int4_dequantize")) {
      note(kernel);
    }
    for (String format : List.of("", "int4_")) {
      note(format + "few_rows_product");
      note(format + "few_rows_norm_product");
      note(format + "few_rows_norm_swiglu_product");
      note(format + "few_rows_residual_product");
    }
  }

  private void note(String kernel) {
    device.with(kernel, (grid, arguments) -> launched.add(kernel));
  }

  @Test
  void aLayerIsFourProductsAndAttention() {
    run(new CudaNumbers(CudaPrecision.FP16, WeightFormat.INT4));

    assertThat(launched.subList(0, 9))
        .containsExactly(
            "embed",
            "int4_few_rows_norm_product",
            "rotary_append",
            "attention_plan",
            "attention_decode_16",
            "int4_few_rows_residual_product",
            "int4_few_rows_norm_swiglu_product",
            "int4_few_rows_residual_product",
            "int4_few_rows_norm_product");
  }

  @ParameterizedTest
  @CsvSource({
    "FP16, PUBLISHED, few_rows_norm_product",
    "FP16, INT4, few_rows_norm_product",
    "BF16, PUBLISHED, few_rows_product",
    "BF16, INT4, few_rows_product"
  })
  void theHeadIsAsPublishedAndItsRowsAreRoundedWhereTheyAreNotFloat16(
      CudaPrecision elements, WeightFormat matrices, String head) {
    run(new CudaNumbers(elements, matrices));

    assertThat(launched.getLast()).isEqualTo(head);
    assertThat(Collections.frequency(launched, "select_norm"))
        .isEqualTo(elements == CudaPrecision.BF16 ? 1 : 0);
    assertThat(device.allocations() + device.open()).isZero();
  }

  private void run(CudaNumbers numbers) {
    CudaPrecision precision = numbers.elements();
    ModelConfig config = ModelConfig.fromHuggingFace(MODEL);
    try (Arena arena = Arena.ofShared();
        Checkpoint checkpoint = Checkpoint.open(MODEL);
        CudaWeights weights =
            CudaWeights.upload(
                device,
                CudaWeight.all(config, numbers, precision.head()),
                new ModelWeights(config, checkpoint),
                n -> {});
        PagedKvCache cache =
            new PagedKvCache(device, config, precision, 2, 64, Long.MAX_VALUE / 2);
        RotaryCaches rotary = new RotaryCaches(device, config.rope().inverseFrequencies(), 1, 65);
        CudaAttention attention =
            new CudaAttention(device, config, precision, weights, cache, rotary, ROWS, ROWS);
        ElementwiseKernels elementwise = new ElementwiseKernels(device, precision);
        SmallProducts products = new SmallProducts(device, precision, numbers.matrices());
        FewRowsDecoder decoder =
            new FewRowsDecoder(
                device, config, numbers, weights, products, attention, elementwise, 0);
        CudaBatch batch = new CudaBatch(arena, device, ROWS, 0)) {
      assertThat(decoder.takes(SmallProducts.MOST_ROWS)).isTrue();
      assertThat(decoder.takes(SmallProducts.MOST_ROWS + 1)).isFalse();
      batch.begin();
      for (int row = 0; row < ROWS; row++) {
        batch.want(batch.row(0, row, 0));
      }
      batch.endSingles();
      decoder.run(batch, 0);
    }
  }
}
