package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Optional;

/** What pods may do. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Security(
    @JsonPropertyDescription("Pod security standard the pods keep to.") @Default("Restricted")
        PodSecurity podSecurity,
    @JsonPropertyDescription(
            "ServiceAccount of the pods. Left out: one of their own, without any rights.")
        @Size(max = 253)
        String serviceAccountName,
    @JsonPropertyDescription("Secrets for pulling images.") @Size(max = 16)
        List<SecretReference> imagePullSecrets) {

  public Optional<String> serviceAccountIfAny() {
    return Optional.ofNullable(serviceAccountName).filter(name -> !name.isEmpty());
  }

  public List<SecretReference> imagePullSecretsOrNone() {
    return imagePullSecrets == null ? List.of() : imagePullSecrets;
  }
}
