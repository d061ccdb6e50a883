package platform.deepseek.inference.text.template;

/** A value that can be called. */
interface Callable {

  Object call(Arguments arguments);
}
