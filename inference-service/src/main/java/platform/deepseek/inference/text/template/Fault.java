package platform.deepseek.inference.text.template;

/**
 * A failure of an operation that does not know its place in the source. The evaluator adds the
 * position of the innermost expression and rethrows it as {@link TemplateException}.
 */
final class Fault extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final TemplateException.Kind kind;

  private Fault(TemplateException.Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  static Fault of(String message) {
    return new Fault(TemplateException.Kind.EVALUATION, message);
  }

  static Fault limit(String message) {
    return new Fault(TemplateException.Kind.LIMIT, message);
  }

  static Fault raised(String message) {
    return new Fault(TemplateException.Kind.RAISED, message);
  }

  TemplateException at(Position position) {
    return new TemplateException(kind, getMessage(), position);
  }
}
