package platform.deepseek.inference.text.template;

import java.util.List;

/** What a template does. */
sealed interface Statement {

  Position position();

  record Text(Position position, String text) implements Statement {}

  record Output(Position position, Expression value) implements Statement {}

  record If(Position position, List<Branch> branches, List<Statement> otherwise)
      implements Statement {}

  record Branch(Expression test, List<Statement> body) {}

  /** {@code filter} is null where there is none. */
  record For(
      Position position,
      Target target,
      Expression iterable,
      Expression filter,
      boolean recursive,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {}

  record Assignment(Position position, Target target, Expression value) implements Statement {}

  record BlockAssignment(
      Position position, Target target, List<Expression.Filter> filters, List<Statement> body)
      implements Statement {}

  record With(
      Position position, List<Target> targets, List<Expression> values, List<Statement> body)
      implements Statement {}

  record MacroDefinition(
      Position position, String name, MacroSignature signature, List<Statement> body)
      implements Statement {}

  record CallBlock(
      Position position,
      MacroSignature signature,
      Expression.Invocation invocation,
      List<Statement> body)
      implements Statement {}

  record FilterBlock(Position position, List<Expression.Filter> filters, List<Statement> body)
      implements Statement {}

  /** A generation block: its text counts as the assistant's; here only its scope matters. */
  record Generation(Position position, List<Statement> body) implements Statement {}

  record Break(Position position) implements Statement {}

  record Continue(Position position) implements Statement {}

  /** What can stand left of an equals sign. */
  sealed interface Target {

    Position position();

    record Variable(Position position, String name) implements Target {}

    record NamespaceAttribute(Position position, String namespace, String attribute)
        implements Target {}

    record Several(Position position, List<Target> targets) implements Target {}
  }

  /**
   * Parameters of a macro. The three flags say whether its body speaks of {@code varargs}, {@code
   * kwargs} and {@code caller}: only then does it take surplus arguments.
   */
  record MacroSignature(
      List<Parameter> parameters, boolean varargs, boolean kwargs, boolean caller) {}

  /** {@code fallback} is null where the parameter has no default. */
  record Parameter(String name, Expression fallback) {}
}
