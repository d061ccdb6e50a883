package platform.deepseek.inference.text.template;

/** A place in the source of a template; both numbers start at 1. */
record Position(int line, int column) {}
