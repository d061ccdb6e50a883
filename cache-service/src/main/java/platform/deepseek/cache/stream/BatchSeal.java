package platform.deepseek.cache.stream;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.lease.StreamName;

/** Seals batches for their stream and their number in it: nonce, then kind and bytes. */
final class BatchSeal {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Batch.Kind[] KINDS = Batch.Kind.values();

  private final DataKey key;

  BatchSeal(MasterKey master) {
    this.key = master.wrapping("dsk-cache/stream/v1");
  }

  byte[] seal(StreamName stream, long number, Batch batch) {
    byte[] nonce = new byte[DataKey.NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    byte[] plain = new byte[1 + batch.bytes().length];
    plain[0] = (byte) batch.kind().ordinal();
    System.arraycopy(batch.bytes(), 0, plain, 1, batch.bytes().length);
    byte[] sealed = key.seal(nonce, about(stream, number), plain);
    return ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed).array();
  }

  /** Empty for what was not sealed here for this place. */
  Optional<Batch> open(StreamName stream, long number, byte[] sealed) {
    if (sealed.length < DataKey.NONCE_BYTES) {
      return Optional.empty();
    }
    byte[] nonce = Arrays.copyOf(sealed, DataKey.NONCE_BYTES);
    try {
      byte[] plain =
          key.open(
              nonce, about(stream, number), sealed, nonce.length, sealed.length - nonce.length);
      return Optional.of(new Batch(KINDS[plain[0]], Arrays.copyOfRange(plain, 1, plain.length)));
    } catch (SealBroken e) {
      return Optional.empty();
    }
  }

  private static byte[] about(StreamName stream, long number) {
    return (stream + " " + number).getBytes(StandardCharsets.US_ASCII);
  }
}
