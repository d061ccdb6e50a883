package platform.deepseek.inference.cuda;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the text of a PTX module tells of its kernels. */
final class Ptx {

  private static final Pattern ENTRY =
      Pattern.compile("\\.entry\\s+([A-Za-z_$][\\w$]*)\\s*\\(([^)]*)\\)");
  private static final Pattern PARAMETER = Pattern.compile("\\.param\\s+([^,]*)");
  private static final Pattern WIDE = Pattern.compile("\\.[usfb]64\\b");

  private Ptx() {}

  /**
   * The number of each kernel's parameters.
   *
   * @throws IllegalArgumentException a parameter is not 64 bits wide
   */
  static Map<String, Integer> parameters(String ptx) {
    Map<String, Integer> parameters = new HashMap<>();
    Matcher entry = ENTRY.matcher(ptx);
    while (entry.find()) {
      int count = 0;
      Matcher parameter = PARAMETER.matcher(entry.group(2));
      while (parameter.find()) {
        if (!WIDE.matcher(parameter.group(1)).find()) {
          throw new IllegalArgumentException(
              "kernel %s: parameter %d is '%s'; declare pointers, long long and double only"
                  .formatted(entry.group(1), count, parameter.group(1).strip()));
        }
        count++;
      }
      parameters.put(entry.group(1), count);
    }
    return parameters;
  }

  /**
   * The kernels that wait for the kernel in front of them by an instruction of their own, so that
   * they may start before that one has ended.
   */
  static Set<String> overlapping(String ptx) {
    Set<String> overlapping = new HashSet<>();
    Matcher entry = ENTRY.matcher(ptx);
    String name = null;
    int from = 0;
    while (entry.find()) {
      addIfWaiting(overlapping, name, ptx.substring(from, entry.start()));
      name = entry.group(1);
      from = entry.end();
    }
    addIfWaiting(overlapping, name, ptx.substring(from));
    return overlapping;
  }

  private static void addIfWaiting(Set<String> overlapping, String name, String body) {
    if (name != null && body.contains("griddepcontrol.wait")) {
      overlapping.add(name);
    }
  }
}
