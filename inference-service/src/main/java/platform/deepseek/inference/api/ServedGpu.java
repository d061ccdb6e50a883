package platform.deepseek.inference.api;

/**
 * A GPU that computes the model.
 *
 * @param number CUDA's, from 0
 * @param loadSeconds from the first read of the weights to the end of the last copy to it
 * @param loadBytesPerSecond of the weights in their files, or on the GPU if that is more
 */
public record ServedGpu(int number, double loadSeconds, double loadBytesPerSecond) {}
