package platform.deepseek.operator.desired;

/** The two revisions of a model that can run side by side. */
public enum Track {
  STABLE("stable"),
  CANARY("canary");

  private final String text;

  Track(String text) {
    this.text = text;
  }

  /** Value of the label deepseek.platform/track. */
  public String text() {
    return text;
  }
}
