package platform.deepseek.inference.text.template;

/** A value that can be called: a global function or a method bound to its string, list or dict. */
record Function(String name, Body body) implements Callable {

  /** What it does. */
  @FunctionalInterface
  interface Body {
    Object call(Arguments arguments);
  }

  @Override
  public Object call(Arguments arguments) {
    return body.call(arguments);
  }
}
