package platform.deepseek.cache.canonical;

/** JSON that RFC 8785 has no spelling for. */
public final class NoCanonicalForm extends RuntimeException {

  private static final long serialVersionUID = 1;

  NoCanonicalForm(String why) {
    super(why, null, false, false);
  }
}
