package platform.deepseek.operator.desired;

import java.util.Locale;

/** How the platform's programs write their logs: lines for people, or a JSON object a line. */
public enum LogFormat {
  TEXT,
  JSON;

  /** As DEEPSEEK_LOG_FORMAT has it. */
  String variable() {
    return name().toLowerCase(Locale.ROOT);
  }
}
