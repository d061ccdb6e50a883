package platform.deepseek.inference.runner;

/**
 * A weight matrix on the GPU.
 *
 * @param weight [outputs, inputs]
 * @param scales float16 [outputs, inputs / 32] of quantised weights, else 0
 * @param minimums likewise, where the format has them, else 0
 */
record DeviceMatrix(
    WeightFormat format, long weight, long scales, long minimums, int outputs, int inputs) {

  /** A matrix of the model's precision. */
  static DeviceMatrix published(long weight, int outputs, int inputs) {
    return new DeviceMatrix(WeightFormat.PUBLISHED, weight, 0, 0, outputs, inputs);
  }
}
