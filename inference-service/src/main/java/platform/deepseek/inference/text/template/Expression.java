package platform.deepseek.inference.text.template;

import java.util.List;

/** What has a value. */
sealed interface Expression {

  Position position();

  record Literal(Position position, Object value) implements Expression {}

  record Name(Position position, String name) implements Expression {}

  record ListLiteral(Position position, List<Expression> items) implements Expression {}

  record TupleLiteral(Position position, List<Expression> items) implements Expression {}

  record DictLiteral(Position position, List<Entry> entries) implements Expression {}

  record Entry(Expression key, Expression value) {}

  /** {@code then if test else otherwise}; without else it is undefined, {@code otherwise} null. */
  record Conditional(Position position, Expression test, Expression then, Expression otherwise)
      implements Expression {}

  record And(Position position, Expression left, Expression right) implements Expression {}

  record Or(Position position, Expression left, Expression right) implements Expression {}

  record Not(Position position, Expression operand) implements Expression {}

  record Negation(Position position, Expression operand) implements Expression {}

  record Plus(Position position, Expression operand) implements Expression {}

  record Binary(Position position, String operator, Expression left, Expression right)
      implements Expression {}

  /** {@code a < b <= c}: every operand is evaluated at most once. */
  record Comparison(Position position, Expression first, List<Operand> operands)
      implements Expression {}

  record Operand(String operator, Expression value) {}

  record Concatenation(Position position, List<Expression> parts) implements Expression {}

  record Attribute(Position position, Expression target, String name) implements Expression {}

  record Subscript(Position position, Expression target, Expression index) implements Expression {}

  /** {@code target[start:stop:step]}; absent bounds are null. */
  record Slice(
      Position position, Expression target, Expression start, Expression stop, Expression step)
      implements Expression {}

  record Invocation(Position position, Expression callee, ArgumentList arguments)
      implements Expression {}

  record FilterApplication(Position position, Expression input, Filter filter)
      implements Expression {}

  record TestApplication(Position position, Expression input, String name, ArgumentList arguments)
      implements Expression {}

  /** A filter with its arguments, not yet applied. */
  record Filter(Position position, String name, ArgumentList arguments) {}

  /** Arguments of a call; the last two are {@code *list} and {@code **dict} or null. */
  record ArgumentList(
      List<Expression> positional,
      List<NamedArgument> named,
      Expression spread,
      Expression spreadNamed) {

    static final ArgumentList NONE = new ArgumentList(List.of(), List.of(), null, null);
  }

  record NamedArgument(String name, Expression value) {}
}
