package platform.deepseek.inference.api.openai;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import platform.deepseek.inference.api.json.Fields;

/**
 * What the server does with a field of a request; docs/api.md is the table of these.
 *
 * @param note the values honoured, why the field is ignored, or why it is refused
 */
public record RequestField(String name, Treatment treatment, String note) {

  public enum Treatment {
    HONOURED,
    /** Accepted without effect, because no answer depends on it. */
    IGNORED,
    /** A 400 that names it. */
    REFUSED
  }

  public static RequestField honoured(String name, String note) {
    return new RequestField(name, Treatment.HONOURED, note);
  }

  public static RequestField ignored(String name, String note) {
    return new RequestField(name, Treatment.IGNORED, note);
  }

  public static RequestField refused(String name, String note) {
    return new RequestField(name, Treatment.REFUSED, note);
  }

  public static Set<String> names(List<RequestField> fields) {
    return fields.stream().map(RequestField::name).collect(Collectors.toUnmodifiableSet());
  }

  /** Refuses unknown fields and every field that is to be refused and has a value. */
  public static void check(Fields body, List<RequestField> fields, Set<String> names) {
    body.allow(names);
    for (RequestField field : fields) {
      if (field.treatment == Treatment.REFUSED && body.has(field.name)) {
        throw body.unsupported(field.name, "is not supported by this server.");
      }
    }
  }
}
