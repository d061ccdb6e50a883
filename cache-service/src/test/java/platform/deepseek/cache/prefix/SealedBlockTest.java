package platform.deepseek.cache.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.DataKeys;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;

/** The form in which blocks are kept. */
class SealedBlockTest {

  private static final CacheKey NAME = CacheKey.of(Digests.sha256(new byte[] {1}));
  private static final int PIECE = 16 << 10;

  @ParameterizedTest
  @EnumSource(CryptoProfile.class)
  void blocksOfAnyLengthOpenAndNothingOfThemCanBeChanged(CryptoProfile profile) throws SealBroken {
    DataKey key = DataKeys.of(profile, 1);
    Random random = new Random(2);
    for (int length : new int[] {1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 100_000}) {
      byte[] block = new byte[length];
      random.nextBytes(block);
      byte[] sealed = SealedBlock.seal("t", NAME, block, 5, 6, key);
      SealedBlock parsed = SealedBlock.parse(sealed).orElseThrow();
      assertThat(parsed.open("t", NAME, key)).isEqualTo(block);
      assertThat(parsed.createdMillis()).isEqualTo(5);
      assertThat(parsed.expiresMillis()).isEqualTo(6);
      assertThatThrownBy(() -> parsed.open("u", NAME, key)).isInstanceOf(SealBroken.class);
      for (int i = 0; i < 50; i++) {
        byte[] changed = sealed.clone();
        changed[6 + random.nextInt(changed.length - 6)] ^= 1;
        requireBroken(changed, key);
        requireBroken(Arrays.copyOf(sealed, random.nextInt(sealed.length)), key);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CryptoProfile.class)
  void piecesCannotBeSwappedOrLeftOut(CryptoProfile profile) {
    DataKey key = DataKeys.of(profile, 1);
    byte[] sealed = SealedBlock.seal("t", NAME, new byte[3 * PIECE], 5, 6, key);
    int piece = PIECE + DataKey.TAG_BYTES;
    int first = sealed.length - 3 * piece;
    byte[] swapped = sealed.clone();
    System.arraycopy(sealed, first, swapped, first + piece, piece);
    System.arraycopy(sealed, first + piece, swapped, first, piece);
    requireBroken(swapped, key);
    requireBroken(Arrays.copyOf(sealed, sealed.length - piece), key);
  }

  private static void requireBroken(byte[] sealed, DataKey key) {
    Optional<SealedBlock> parsed = SealedBlock.parse(sealed);
    if (parsed.isPresent()) {
      assertThatThrownBy(() -> parsed.get().open("t", NAME, key)).isInstanceOf(SealBroken.class);
    }
  }
}
