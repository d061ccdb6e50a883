package platform.deepseek.inference.text.template;

/** A template that cannot be read or rendered. The message names line and column. */
public final class TemplateException extends RuntimeException {

  /** Who is to blame, and so who should read the sentence. */
  public enum Kind {
    /** The source is not a template: the author of the template must mend it. */
    SYNTAX,
    /** An operation failed on these variables, as it would in Python. */
    EVALUATION,
    /** A bound of {@link Limits} was reached. */
    LIMIT,
    /** The template called {@code raise_exception}: the detail is its author's word to clients. */
    RAISED
  }

  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final String detail;
  private final int line;
  private final int column;

  TemplateException(Kind kind, String detail, Position position) {
    super(
        "chat template, line " + position.line() + ", column " + position.column() + ": " + detail);
    this.kind = kind;
    this.detail = detail;
    this.line = position.line();
    this.column = position.column();
  }

  public Kind kind() {
    return kind;
  }

  /** The sentence without the position; of {@link Kind#RAISED} exactly what the author wrote. */
  public String detail() {
    return detail;
  }

  /** Line in the source, from 1. */
  public int line() {
    return line;
  }

  /** Column in the line, from 1, in UTF-16 units. */
  public int column() {
    return column;
  }
}
