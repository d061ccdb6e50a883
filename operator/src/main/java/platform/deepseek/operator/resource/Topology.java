package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;

/** How one replica is spread over nodes and GPUs. */
@ValidationRule(
    value = "(self.tensor * self.data) % self.expert == 0",
    message = "topology.expert must divide tensor x data")
public record Topology(
    @JsonPropertyDescription("Nodes of one replica; above 1 a LeaderWorkerSet is made.")
        @Default("1")
        @Min(1)
        @Max(64)
        Integer nodesPerReplica,
    @JsonPropertyDescription("Tensor parallelism: GPUs that share every layer. VLLM and SGLang.")
        @Default("1")
        @Min(1)
        @Max(512)
        Integer tensor,
    @JsonPropertyDescription("Pipeline parallelism: groups of layers. VLLM and SGLang.")
        @Default("1")
        @Min(1)
        @Max(64)
        Integer pipeline,
    @JsonPropertyDescription(
            "Data parallelism: copies of the model inside one replica, which share its requests;"
                + " with engine.type Native one on each GPU.")
        @Default("1")
        @Min(1)
        @Max(512)
        Integer data,
    @JsonPropertyDescription(
            "Expert parallelism: GPUs that share the experts of a layer. VLLM and SGLang.")
        @Default("1")
        @Min(1)
        @Max(512)
        Integer expert) {}
