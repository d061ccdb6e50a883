package platform.deepseek.inference.api.responses;

import java.util.UUID;

/** Makes the ids of responses and items, as OpenAI's begin. */
final class Id {

  static final String RESPONSE = "resp_";
  static final String MESSAGE = "msg_";
  static final String REASONING = "rs_";
  static final String CALL = "fc_";
  static final String CALL_OUTPUT = "fco_";

  private static final int MAX_SHOWN = 100;

  private Id() {}

  static String make(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }

  /** A stranger's id, short enough for a message. */
  static String shown(String id) {
    return id.length() <= MAX_SHOWN ? id : id.substring(0, MAX_SHOWN) + "...";
  }
}
