package platform.deepseek.operator.anomaly;

import java.util.Locale;
import java.util.function.Predicate;
import net.sf.jsqlparser.JSQLParserException;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.NotExpression;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.conditional.OrExpression;
import net.sf.jsqlparser.expression.operators.relational.ComparisonOperator;
import net.sf.jsqlparser.expression.operators.relational.EqualsTo;
import net.sf.jsqlparser.expression.operators.relational.GreaterThan;
import net.sf.jsqlparser.expression.operators.relational.GreaterThanEquals;
import net.sf.jsqlparser.expression.operators.relational.InExpression;
import net.sf.jsqlparser.expression.operators.relational.IsNullExpression;
import net.sf.jsqlparser.expression.operators.relational.LikeExpression;
import net.sf.jsqlparser.expression.operators.relational.MinorThan;
import net.sf.jsqlparser.expression.operators.relational.MinorThanEquals;
import net.sf.jsqlparser.expression.operators.relational.NotEqualsTo;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.schema.Column;

/**
 * A rule's condition in SQL form, as a predicate.
 *
 * <p>JSqlParser reads it; what it may consist of is listed here and everything else is refused by
 * name: comparisons, LIKE, IN and IS NULL of the fields of {@link Field} with literals, joined by
 * AND, OR and NOT. There are no functions, subqueries or parameters, so evaluating a condition
 * costs its own length and cannot reach anything. A comparison with a field that an observation
 * does not have is false, as in SQL.
 */
public final class Condition {

  private static final int LONGEST = 2048;

  private Condition() {}

  public static Predicate<Observation> parse(String sql) throws BadRule {
    if (sql.length() > LONGEST) {
      throw new BadRule(
          "a condition has %d characters and at most %d are read".formatted(sql.length(), LONGEST));
    }
    if (sql.isBlank()) {
      throw new BadRule("an empty condition finds nothing: write what to look for");
    }
    try {
      return predicate(CCJSqlParserUtil.parseCondExpression(sql, false));
    } catch (JSQLParserException e) {
      throw new BadRule("condition %s cannot be read: %s".formatted(sql, firstLine(e)));
    }
  }

  private static String firstLine(JSQLParserException failure) {
    var cause = failure.getCause() == null ? failure : failure.getCause();
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("bad syntax");
  }

  private static Predicate<Observation> predicate(Expression expression) throws BadRule {
    return switch (expression) {
      case AndExpression and ->
          predicate(and.getLeftExpression()).and(predicate(and.getRightExpression()));
      case OrExpression or ->
          predicate(or.getLeftExpression()).or(predicate(or.getRightExpression()));
      case NotExpression not -> predicate(not.getExpression()).negate();
      case ParenthesedExpressionList<?> list when list.size() == 1 -> predicate(list.getFirst());
      case LikeExpression like -> like(like);
      case InExpression in -> in(in);
      case IsNullExpression isNull -> isNull(isNull);
      case ComparisonOperator comparison -> comparison(comparison);
      default -> throw refused(expression);
    };
  }

  private static Predicate<Observation> comparison(ComparisonOperator comparison) throws BadRule {
    var field = field(comparison.getLeftExpression());
    var literal = literal(comparison.getRightExpression());
    Predicate<Integer> sign =
        switch (comparison) {
          case EqualsTo equals -> it -> it == 0;
          case NotEqualsTo notEquals -> it -> it != 0;
          case GreaterThan greater -> it -> it > 0;
          case GreaterThanEquals atLeast -> it -> it >= 0;
          case MinorThan less -> it -> it < 0;
          case MinorThanEquals atMost -> it -> it <= 0;
          default -> throw refused(comparison);
        };
    return observation -> {
      var value = observation.get(field);
      return value != null && sign.test(compare(value, literal));
    };
  }

  private static int compare(Object value, Object literal) {
    return value instanceof Number number && literal instanceof Long other
        ? Long.compare(number.longValue(), other)
        : value.toString().compareTo(literal.toString());
  }

  private static Predicate<Observation> like(LikeExpression like) throws BadRule {
    if (!like.getLikeKeyWord().name().matches("LIKE|ILIKE")) {
      throw refused(like);
    }
    var field = field(like.getLeftExpression());
    var ignoreCase = like.getLikeKeyWord().name().equals("ILIKE");
    var pattern = new LikePattern(literal(like.getRightExpression()).toString(), ignoreCase);
    return observation -> {
      var value = observation.get(field);
      return value != null && pattern.matches(value.toString()) != like.isNot();
    };
  }

  private static Predicate<Observation> in(InExpression in) throws BadRule {
    var field = field(in.getLeftExpression());
    if (!(in.getRightExpression() instanceof ParenthesedExpressionList<?> list)) {
      throw refused(in.getRightExpression());
    }
    var literals = new java.util.HashSet<String>();
    for (var item : list) {
      literals.add(literal(item).toString());
    }
    return observation -> {
      var value = observation.get(field);
      return value != null && literals.contains(value.toString()) != in.isNot();
    };
  }

  private static Predicate<Observation> isNull(IsNullExpression isNull) throws BadRule {
    var field = field(isNull.getLeftExpression());
    return observation -> (observation.get(field) == null) != isNull.isNot();
  }

  private static Field field(Expression expression) throws BadRule {
    if (expression instanceof Column column && column.getTable() == null) {
      return Field.of(column.getColumnName());
    }
    throw refused(expression);
  }

  private static Object literal(Expression expression) throws BadRule {
    return switch (expression) {
      case StringValue text -> text.getValue();
      case LongValue number -> number.getValue();
      default -> throw refused(expression);
    };
  }

  private static BadRule refused(Expression expression) {
    return new BadRule(
        "%s (%s) may not stand here; use comparisons, LIKE, IN and IS NULL of fields with literals, AND, OR and NOT"
            .formatted(expression, expression.getClass().getSimpleName().toLowerCase(Locale.ROOT)));
  }
}
