package platform.deepseek.operator.fit;

/**
 * A node with GPUs.
 *
 * @param product value of nvidia.com/gpu.product
 * @param memoryMiB memory of one GPU, from nvidia.com/gpu.memory
 * @param allocatable GPUs, by the extended resource that was asked about
 * @param requested how many of them pods have asked for
 * @param usable Ready and not cordoned
 */
public record GpuNode(
    String name, String product, long memoryMiB, int allocatable, int requested, boolean usable) {

  public int free() {
    return Math.max(0, allocatable - requested);
  }
}
