package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Optional;

/** The claim that holds the model's files. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CacheVolume(
    @JsonPropertyDescription("A claim that exists. Left out: the operator makes one.")
        @Size(max = 253)
        String existingClaim,
    @JsonPropertyDescription("Storage class of the claim. Left out: the cluster's default.")
        @Size(max = 253)
        String storageClassName,
    @JsonPropertyDescription(
            "Size of the claim. Left out: one and a half times the model's weights when the claim is made.")
        Quantity size,
    @JsonPropertyDescription("ReadWriteMany for replicas on several nodes.")
        @Default("ReadWriteMany")
        AccessMode accessMode,
    @JsonPropertyDescription("What becomes of the claim when this resource is deleted.")
        @Default("Retain")
        Retention retention) {

  public Optional<String> existingClaimIfAny() {
    return Optional.ofNullable(existingClaim).filter(name -> !name.isEmpty());
  }
}
