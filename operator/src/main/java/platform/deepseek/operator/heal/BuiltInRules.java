package platform.deepseek.operator.heal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Rule;

/** The rules that hold for every resource, as anomaly/built-in.json has them. */
public final class BuiltInRules {

  private static final String FILE = "/anomaly/built-in.json";

  private BuiltInRules() {}

  public static List<Rule> read() {
    try (InputStream file =
        Objects.requireNonNull(BuiltInRules.class.getResourceAsStream(FILE), FILE)) {
      return Rule.parse(new String(file.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException | BadRule e) {
      throw new IllegalStateException(FILE + " belongs to this program", e);
    }
  }
}
