package platform.deepseek.inference.engine.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.kv.HashedTokens;

class BlockNamesTest {

  private static final int BLOCK = 8;
  private static final int[] TOKENS = new Random(1).ints(40, 0, 50_000).toArray();

  private static BlockNames names(String origin, String salt, int[] tokens) {
    return new BlockNames(origin, new HashedTokens(salt, 4, tokens), BLOCK);
  }

  @Test
  void nameIsTheChainThatIsDocumented() throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update("dsk-kv/v1\0".getBytes(StandardCharsets.US_ASCII));
    sha256.update(new byte[] {0, 0, 0, 3, 'f', '3', '2', 0, 0, 0, 4, 's', 'a', 'l', 't'});
    byte[] chain = sha256.digest();
    BlockNames names = names("f32", "salt", TOKENS);
    for (int block = 0; block < 5; block++) {
      ByteBuffer ids = ByteBuffer.allocate(4 * BLOCK);
      for (int i = 0; i < BLOCK; i++) {
        ids.putInt(TOKENS[block * BLOCK + i]);
      }
      sha256.update(chain);
      chain = sha256.digest(ids.array());
      assertThat(names.get(block).bytes()).isEqualTo(chain);
    }
    assertThat(names.get(0).toString()).matches("[0-9a-f]{64}");
  }

  @Test
  void rangeHasTheNamesInTheirOrder() {
    BlockNames names = names("f32", "salt", TOKENS);

    assertThat(names.range(1, 4))
        .isEqualTo(List.of(names.get(1), names.get(2), names.get(3)))
        .isEqualTo(names("f32", "salt", TOKENS).range(1, 4));
    assertThat(names.range(3, 3)).isEmpty();
  }

  @Test
  void everyPartIsInEveryName() {
    int[] otherFirst = TOKENS.clone();
    otherFirst[0]++;
    Set<BlockName> all = new HashSet<>();
    for (BlockNames names :
        List.of(
            names("f32", "salt", TOKENS),
            names("f16", "salt", TOKENS),
            names("f32", "other", TOKENS),
            names("f32s", "alt", TOKENS),
            names("f32", "salt", otherFirst))) {
      all.addAll(names.range(0, 5));
    }

    assertThat(all).hasSize(25);
  }

  @Test
  void tokensThatComeLaterChangeNoEarlierName() {
    HashedTokens grown = new HashedTokens("salt", 4, Arrays.copyOf(TOKENS, 19));
    BlockNames names = new BlockNames("f32", grown, BLOCK);
    List<BlockName> early = names.range(0, 2);
    for (int i = 19; i < 40; i++) {
      grown.append(TOKENS[i]);
    }

    assertThat(names.range(0, 5)).isEqualTo(names("f32", "salt", TOKENS).range(0, 5));
    assertThat(names.range(0, 2)).isEqualTo(early);
  }
}
