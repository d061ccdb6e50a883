package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * Who may ask. Two modes are refused, because no engine keeps them: auth-service checks tokens, and
 * certificates are checked where TLS ends. A definition only grows, so they and their fields stay.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.mode != 'ApiKey' || has(self.apiKeys)",
    message = "auth.mode ApiKey needs auth.apiKeys, the Secret whose key api-key is the API key")
@ValidationRule(
    value = "self.mode != 'OIDC'",
    message =
        "auth.mode OIDC: no engine checks tokens; enter the issuer in auth-service"
            + " (docs/administration.md) and use Platform, which takes its tokens")
@ValidationRule(
    value = "self.mode != 'MTLS'",
    message =
        "auth.mode MTLS: no engine checks client certificates; let the gateway that ends TLS check"
            + " them, and use Platform or ApiKey behind it")
public record Auth(
    @JsonPropertyDescription(
            "Platform asks the platform's auth-service about each request, which only Native does;"
                + " ApiKey takes the one key of the Secret; None lets everybody in that the network"
                + " lets in. OIDC and MTLS are refused, with what to use instead.")
        @Default("Platform")
        AuthMode mode,
    @JsonPropertyDescription(
            "Secret whose key api-key is the API key of mode ApiKey; a change rolls the pods.")
        SecretReference apiKeys,
    @JsonPropertyDescription("Not read: mode OIDC is refused.") Oidc oidc,
    @JsonPropertyDescription("Not read: mode MTLS is refused.")
        SecretReference clientCertificates) {}
