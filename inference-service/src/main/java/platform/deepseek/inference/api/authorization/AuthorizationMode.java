package platform.deepseek.inference.api.authorization;

/** Who decides whether a request is answered. */
public enum AuthorizationMode {
  /** auth-service, asked about each. */
  PLATFORM,
  /** The one key of the configuration. */
  API_KEY,
  /** Nobody: what reaches the port is answered. */
  NONE
}
