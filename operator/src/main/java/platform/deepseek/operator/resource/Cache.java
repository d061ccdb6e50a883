package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;

/** Where model files are kept on this cluster. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.mode == oldSelf.mode",
    message = "cache.mode cannot be changed; make another DeepSeekDeployment")
public record Cache(
    @JsonPropertyDescription(
            "SharedVolume downloads once into a claim all replicas read; NodeLocal keeps files on"
                + " each node's disk; ImageVolume mounts an oci:// image; None downloads in each pod."
                + " Cannot be changed.")
        @Default("SharedVolume")
        CacheMode mode,
    @JsonPropertyDescription("The claim of mode SharedVolume.") @Default("{}") CacheVolume volume,
    @JsonPropertyDescription("Checks model.source.digest after the download.") @Default("true")
        Boolean verifyDigest,
    @JsonPropertyDescription("No pod may reach out of the cluster: for networks without a way out.")
        @Default("false")
        Boolean offline) {}
