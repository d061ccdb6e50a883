package platform.deepseek.operator.observe;

import platform.deepseek.operator.resource.Reason;

/**
 * Something that is wrong with an object.
 *
 * @param reason one of the closed set
 * @param object the object, as Kind/name
 * @param detail Kubernetes' own word for it, for example ImagePullBackOff
 * @param message what Kubernetes or the program said, and what to do
 * @param exitCode of the container, or null
 */
public record Trouble(
    Reason reason, String object, String detail, String message, Integer exitCode) {

  /** With what else is known behind the message. */
  Trouble because(String added) {
    return new Trouble(reason, object, detail, message + added, exitCode);
  }
}
