package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;

/** Who may ask. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.mode != 'ApiKey' || has(self.apiKeys)",
    message = "auth.mode ApiKey needs auth.apiKeys, the Secret that holds the keys")
@ValidationRule(
    value = "self.mode != 'OIDC' || has(self.oidc)",
    message = "auth.mode OIDC needs auth.oidc with issuer and audience")
@ValidationRule(
    value = "self.mode != 'MTLS' || has(self.clientCertificates)",
    message =
        "auth.mode MTLS needs auth.clientCertificates, the Secret with the authority's ca.crt")
public record Auth(
    @JsonPropertyDescription(
            "Platform asks the platform's auth-service; ApiKey, OIDC and MTLS are checked by the"
                + " engine; None lets everybody in that the network lets in.")
        @Default("Platform")
        AuthMode mode,
    @JsonPropertyDescription("Secret with API keys; a change rolls the pods.")
        SecretReference apiKeys,
    @JsonPropertyDescription("Whose tokens are accepted.") Oidc oidc,
    @JsonPropertyDescription("Secret with ca.crt that signs client certificates.")
        SecretReference clientCertificates) {}
