package platform.deepseek.inference.api.authorization;

import java.util.Map;
import platform.deepseek.inference.api.account.Caller;

/**
 * Somebody who was let in.
 *
 * @param headers for the client
 */
public record Admission(Caller caller, Map<String, String> headers) {}
