package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.text.template.Expression.ArgumentList;

/** Gives expressions their value. Serves one rendering. */
final class Evaluator {

  private final Budget budget;
  private final Filters filters;
  private final Methods methods;

  Evaluator(Budget budget) {
    this.budget = budget;
    this.methods = new Methods(budget);
    this.filters = new Filters(budget, methods);
  }

  Object evaluate(Expression expression, Scope scope) {
    try {
      budget.step();
      budget.enter();
      var value = value(expression, scope);
      budget.leave();
      return value;
    } catch (Fault fault) {
      throw fault.at(expression.position());
    }
  }

  private Object value(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Name name -> scope.get(name.name());
      case Expression.ListLiteral list -> values(list.items(), scope);
      case Expression.TupleLiteral tuple -> Tuple.of(values(tuple.items(), scope));
      case Expression.DictLiteral dict -> dict(dict, scope);
      case Expression.Conditional choice -> conditional(choice, scope);
      case Expression.And and -> {
        var left = evaluate(and.left(), scope);
        yield Values.isTrue(left) ? evaluate(and.right(), scope) : left;
      }
      case Expression.Or or -> {
        var left = evaluate(or.left(), scope);
        yield Values.isTrue(left) ? left : evaluate(or.right(), scope);
      }
      case Expression.Not not -> !isTrue(not.operand(), scope);
      case Expression.Negation negation -> Arithmetic.negate(evaluate(negation.operand(), scope));
      case Expression.Plus plus -> Arithmetic.plus(evaluate(plus.operand(), scope));
      case Expression.Binary binary ->
          Arithmetic.binary(
              binary.operator(),
              evaluate(binary.left(), scope),
              evaluate(binary.right(), scope),
              budget);
      case Expression.Comparison comparison -> comparison(comparison, scope);
      case Expression.Concatenation concatenation -> concatenation(concatenation, scope);
      case Expression.Attribute attribute ->
          methods.attribute(evaluate(attribute.target(), scope), attribute.name());
      case Expression.Subscript subscript ->
          methods.item(evaluate(subscript.target(), scope), evaluate(subscript.index(), scope));
      case Expression.Slice slice ->
          Sequences.slice(
              evaluate(slice.target(), scope),
              optional(slice.start(), scope),
              optional(slice.stop(), scope),
              optional(slice.step(), scope),
              budget);
      case Expression.Invocation invocation ->
          call(evaluate(invocation.callee(), scope), arguments(invocation.arguments(), scope));
      case Expression.FilterApplication application ->
          filter(evaluate(application.input(), scope), application.filter(), scope);
      case Expression.TestApplication test ->
          filters.test(
              test.name(), evaluate(test.input(), scope), arguments(test.arguments(), scope));
    };
  }

  boolean isTrue(Expression expression, Scope scope) {
    return Values.isTrue(evaluate(expression, scope));
  }

  /** Applies a filter whose input is already known. */
  Object filter(Object input, Expression.Filter filter, Scope scope) {
    try {
      return filters.apply(filter.name(), input, arguments(filter.arguments(), scope));
    } catch (Fault fault) {
      throw fault.at(filter.position());
    }
  }

  Object call(Object callee, Arguments arguments) {
    return switch (callee) {
      case Callable callable -> callable.call(arguments);
      case Undefined undefined -> throw undefined.fault();
      case null, default ->
          throw Fault.of("'" + Values.typeName(callee) + "' object is not callable");
    };
  }

  private Object optional(Expression expression, Scope scope) {
    return expression == null ? null : evaluate(expression, scope);
  }

  private List<Object> values(List<Expression> expressions, Scope scope) {
    budget.allocateElements(expressions.size());
    List<Object> values = new ArrayList<>(expressions.size());
    expressions.forEach(expression -> values.add(evaluate(expression, scope)));
    return values;
  }

  private Object dict(Expression.DictLiteral literal, Scope scope) {
    budget.allocateElements(2L * literal.entries().size());
    Map<Object, Object> dict = new LinkedHashMap<>();
    for (var entry : literal.entries()) {
      dict.put(Values.key(evaluate(entry.key(), scope)), evaluate(entry.value(), scope));
    }
    return dict;
  }

  private Object conditional(Expression.Conditional choice, Scope scope) {
    if (isTrue(choice.test(), scope)) {
      return evaluate(choice.then(), scope);
    }
    return choice.otherwise() == null
        ? new Undefined("the inline if-expression evaluated to false and no else was defined")
        : evaluate(choice.otherwise(), scope);
  }

  private Object comparison(Expression.Comparison comparison, Scope scope) {
    var left = evaluate(comparison.first(), scope);
    for (var operand : comparison.operands()) {
      var right = evaluate(operand.value(), scope);
      budget.work(Sequences.size(left) + Sequences.size(right));
      if (!compare(operand.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private static boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Comparisons.equal(left, right);
      case "!=" -> !Comparisons.equal(left, right);
      case "in" -> Comparisons.contains(right, left);
      case "not in" -> !Comparisons.contains(right, left);
      default -> Comparisons.ordered(operator, left, right);
    };
  }

  private Object concatenation(Expression.Concatenation concatenation, Scope scope) {
    List<String> parts = new ArrayList<>();
    var length = 0L;
    for (var part : concatenation.parts()) {
      var text = Representation.str(evaluate(part, scope));
      length += text.length();
      parts.add(text);
    }
    budget.allocate(length);
    return String.join("", parts);
  }

  Arguments arguments(ArgumentList list, Scope scope) {
    if (list == ArgumentList.NONE) {
      return Arguments.NONE;
    }
    List<Object> positional = new ArrayList<>();
    list.positional().forEach(argument -> positional.add(evaluate(argument, scope)));
    Map<String, Object> named = new LinkedHashMap<>();
    list.named().forEach(argument -> named.put(argument.name(), evaluate(argument.value(), scope)));
    if (list.spread() != null) {
      positional.addAll(Sequences.list(evaluate(list.spread(), scope), budget));
    }
    if (list.spreadNamed() != null) {
      spread(evaluate(list.spreadNamed(), scope), named);
    }
    return new Arguments(positional, named);
  }

  private static void spread(Object value, Map<String, Object> named) {
    if (!(value instanceof Map<?, ?> map)) {
      throw Fault.of("argument after ** must be a mapping, not " + Values.typeName(value));
    }
    map.forEach(
        (key, item) -> {
          if (!(key instanceof String name)) {
            throw Fault.of("keywords must be strings");
          }
          if (named.put(name, item) != null) {
            throw Fault.of("got multiple values for keyword argument '" + name + "'");
          }
        });
  }
}
