package platform.deepseek.inference.text.template;

import java.util.List;
import java.util.Map;

/** Evaluated arguments of a call; the named ones keep their order. */
record Arguments(List<Object> positional, Map<String, Object> named) {

  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /**
   * Checks the arguments against a list of parameters.
   *
   * @param required how many of the parameters must be given
   */
  Arguments check(String function, int required, String... parameters) {
    if (positional.size() > parameters.length) {
      throw Fault.of(
          function
              + "() takes at most "
              + parameters.length
              + " arguments, "
              + positional.size()
              + " were given.");
    }
    var names = List.of(parameters);
    for (var name : named.keySet()) {
      var index = names.indexOf(name);
      if (index < 0) {
        throw Fault.of(function + "() takes no argument named '" + name + "'.");
      }
      if (index < positional.size()) {
        throw Fault.of(function + "() got two values for '" + name + "'.");
      }
    }
    for (var i = positional.size(); i < required; i++) {
      if (!named.containsKey(parameters[i])) {
        throw Fault.of(function + "() needs the argument '" + parameters[i] + "'.");
      }
    }
    return this;
  }

  Object get(int index, String name, Object fallback) {
    return index < positional.size()
        ? positional.get(index)
        : named.containsKey(name) ? named.get(name) : fallback;
  }

  boolean isTrue(int index, String name) {
    return Values.isTrue(get(index, name, false));
  }

  long integer(int index, String name, long fallback) {
    return Values.integer(get(index, name, fallback), name);
  }

  String string(int index, String name, String fallback) {
    var value = get(index, name, fallback);
    if (value instanceof String text) {
      return text;
    }
    throw Fault.of("'" + name + "' must be str, not " + Values.typeName(value) + ".");
  }

  /** The arguments after the first so many. */
  Arguments after(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }
}
