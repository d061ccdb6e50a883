package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import platform.deepseek.inference.text.template.Statement.MacroSignature;

/** A piece of template with parameters; {@code name} is null for the body of a call block. */
record Macro(String name, MacroSignature signature, Body body) implements Callable {

  /** Renders the body with the names a call has bound; a parameter without argument is absent. */
  @FunctionalInterface
  interface Body {
    String render(Map<String, Object> bound);
  }

  @Override
  public Object call(Arguments arguments) {
    Map<String, Object> bound = new LinkedHashMap<>();
    Map<String, Object> surplus = new LinkedHashMap<>(arguments.named());
    var parameters = signature.parameters();
    var given = arguments.positional();
    for (var i = 0; i < parameters.size(); i++) {
      var parameter = parameters.get(i).name();
      if (i < given.size()) {
        bound.put(parameter, given.get(i));
      } else if (surplus.containsKey(parameter)) {
        bound.put(parameter, surplus.remove(parameter));
      }
    }
    if (signature.caller()) {
      var caller = surplus.remove("caller");
      bound.put("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    bindSurplus(given, surplus, bound);
    return body.render(bound);
  }

  private void bindSurplus(
      List<Object> given, Map<String, Object> surplus, Map<String, Object> bound) {
    var count = signature.parameters().size();
    if (signature.kwargs()) {
      bound.put("kwargs", surplus);
    } else if (!surplus.isEmpty()) {
      throw Fault.of(
          "macro '"
              + name
              + "' takes no keyword argument '"
              + surplus.keySet().iterator().next()
              + "'");
    }
    if (signature.varargs()) {
      bound.put(
          "varargs",
          Tuple.of(new ArrayList<>(given.subList(Math.min(count, given.size()), given.size()))));
    } else if (given.size() > count) {
      throw Fault.of("macro '" + name + "' takes not more than " + count + " argument(s)");
    }
  }

  Object attribute(String attribute) {
    return switch (attribute) {
      case "name" -> name;
      case "arguments" ->
          Tuple.of(
              signature.parameters().stream()
                  .map(Statement.Parameter::name)
                  .collect(Collectors.toList()));
      case "catch_kwargs" -> signature.kwargs();
      case "catch_varargs" -> signature.varargs();
      case "caller" -> signature.caller();
      default -> Undefined.attribute(this, attribute);
    };
  }
}
