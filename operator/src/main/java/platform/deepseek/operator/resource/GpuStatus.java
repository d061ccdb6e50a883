package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** GPU memory needed and found. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GpuStatus(
    @JsonPropertyDescription("Name of the resource pods ask for.") String resourceName,
    @JsonPropertyDescription("Product, as the nodes' labels say it.") String product,
    @JsonPropertyDescription("GPUs of one replica.") Integer perReplica,
    @JsonPropertyDescription("MiB that one replica needs: weights, KV cache and 10 percent.")
        Long requiredMemoryMiB,
    @JsonPropertyDescription("MiB that the GPUs of one replica have.") Long availableMemoryMiB,
    @JsonPropertyDescription("Nodes with such GPUs, enough of them.") Integer fittingNodes,
    @JsonPropertyDescription("GPUs of that product that no pod has asked for.") Integer freeGpus) {

  GpuStatus withFree(Integer free) {
    return new GpuStatus(
        resourceName,
        product,
        perReplica,
        requiredMemoryMiB,
        availableMemoryMiB,
        fittingNodes,
        free);
  }
}
