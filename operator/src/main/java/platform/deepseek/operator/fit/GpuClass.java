package platform.deepseek.operator.fit;

/**
 * A kind of GPU by the name people write in {@code spec.gpu.class}.
 *
 * @param product value of the node label nvidia.com/gpu.product
 * @param memoryMiB memory of one GPU
 * @param resourceName extended resource that pods ask for
 * @param deviceClass device class for dynamic resource allocation
 */
public record GpuClass(
    String name, String product, long memoryMiB, String resourceName, String deviceClass) {}
