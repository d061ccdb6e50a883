package platform.deepseek.auth.factor;

import java.util.List;

/**
 * A first code was shown.
 *
 * @param recoveryCodes new ones, shown this once; none unless the proof is accepted
 */
public record Confirmation(Proof proof, List<String> recoveryCodes) {

  public Confirmation {
    recoveryCodes = List.copyOf(recoveryCodes);
  }

  /** Never the codes. */
  @Override
  public String toString() {
    return "Confirmation[" + proof + "]";
  }
}
