package platform.deepseek.inference.api.responses;

/**
 * What a function is called: by its client with a namespace and a name in it, by the model with one
 * word, in which a dot stands between the two. No name has a dot of its own.
 *
 * @param namespace null for a function in none
 */
record FunctionName(String namespace, String name) {

  private static final char DOT = '.';

  /** The name that a model calls. */
  static FunctionName called(String word) {
    int dot = word.indexOf(DOT);
    return dot < 0
        ? new FunctionName(null, word)
        : new FunctionName(word.substring(0, dot), word.substring(dot + 1));
  }

  /** The name for the model. */
  String word() {
    return namespace == null ? name : namespace + DOT + name;
  }
}
