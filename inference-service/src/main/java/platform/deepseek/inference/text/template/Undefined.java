package platform.deepseek.inference.text.template;

/** The value of a name that nobody set: prints as nothing, is false, and fails when used. */
record Undefined(String message) {

  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  static Undefined attribute(Object target, Object name) {
    var owner = Values.typeName(target);
    return name instanceof String
        ? new Undefined("'" + owner + " object' has no attribute '" + name + "'")
        : new Undefined(owner + " object has no element " + Representation.repr(name));
  }

  static Undefined unsafe(Object target, String name) {
    return new Undefined(
        "access to attribute '"
            + name
            + "' of '"
            + Values.typeName(target)
            + "' object is unsafe.");
  }

  Fault fault() {
    return Fault.of(message);
  }

  /** All undefined values are equal. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Undefined;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
