package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaPrecisionTest {

  @ParameterizedTest
  @CsvSource({
    "FP16, 1.0, 3C00",
    "FP16, -0.1, AE66",
    "FP16, 65504, 7BFF",
    "BF16, 1.0, 3F80",
    // Halfway between two numbers: to the even one, down and up.
    "BF16, 1.00390625, 3F80",
    "BF16, 1.01171875, 3F82",
    "BF16, -3.14159, C049"
  })
  void numbersAreRoundedToTheNearest(CudaPrecision precision, float value, String bits) {
    short[] target = new short[1];
    precision.round(new float[] {value}, target, 1);
    assertThat(Integer.toHexString(target[0] & 0xFFFF)).isEqualToIgnoringCase(bits);
  }
}
