package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a client proves who it is. */
public enum AuthMode {
  @JsonProperty("Platform")
  PLATFORM,
  @JsonProperty("None")
  NONE,
  @JsonProperty("ApiKey")
  API_KEY,
  OIDC,
  MTLS
}
