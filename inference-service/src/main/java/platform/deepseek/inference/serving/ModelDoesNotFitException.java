package platform.deepseek.inference.serving;

/** The model, or what was asked for with it, is too large for the GPU's memory. */
final class ModelDoesNotFitException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  ModelDoesNotFitException(String message) {
    super(message);
  }
}
