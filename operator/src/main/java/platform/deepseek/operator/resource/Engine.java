package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.List;
import java.util.Optional;

/** The program that serves the model. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Engine(
    @JsonPropertyDescription("Native is the engine of this platform; VLLM and SGLang are others.")
        @Default("Native")
        EngineType type,
    @JsonPropertyDescription("Image of the engine. Left out: the operator's for this type.")
        @Size(min = 1, max = 512)
        String image,
    @JsonPropertyDescription("Arguments behind those the operator sets.") @Size(max = 64)
        List<@Size(max = 1024) String> args,
    @JsonPropertyDescription("Environment variables of the engine.") @Size(max = 64)
        List<EnvVar> env,
    @JsonPropertyDescription("Port of the API.") @Default("8080") @Min(1024) @Max(65535)
        Integer port,
    @JsonPropertyDescription(
            "CPU and memory of one pod. Left out: by the size of the model. GPUs belong in gpu.")
        ResourceRequirements resources) {

  public Optional<String> imageIfAny() {
    return Optional.ofNullable(image);
  }
}
