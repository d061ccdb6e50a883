package platform.deepseek.cache.crypto;

/**
 * Seals and opens the parts of one value, each with a nonce of its own. Asking the JDK for a cipher
 * takes longer than sealing a small part, so one serves them all. Of one thread at a time.
 */
public sealed interface PartCipher permits AesParts, Sm4Parts {

  /**
   * A part of an array into another one.
   *
   * @param nonce never used before with this key
   * @param about authenticated and not sealed in
   * @return the bytes written: the part's and those of the tag
   */
  int seal(byte[] nonce, byte[] about, byte[] plain, int from, int length, byte[] into, int at);

  /**
   * A part of an array into another one.
   *
   * @return the bytes written: the part's less those of the tag
   * @throws SealBroken when anything of it was changed, or it is shorter than a tag
   */
  int open(byte[] nonce, byte[] about, byte[] sealed, int from, int length, byte[] into, int at)
      throws SealBroken;
}
