package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.json.Unintelligible;

class BlockReaderTest {

  private static final int LENGTH = 1_000;

  private final Buffer came = Buffer.buffer();
  private final BlockReader reader = new BlockReader(LENGTH, this::receive);

  private void receive(ByteBuffer piece) {
    came.appendBuffer(Buffer.buffer(Unpooled.wrappedBuffer(piece)));
  }

  @Test
  void blocksComeWholeHoweverTheirBytesAreCut() {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      Buffer sent = Buffer.buffer();
      int before = came.length();
      Buffer all = Buffer.buffer();
      for (int i = 0; i < 4; i++) {
        byte[] block = new byte[LENGTH];
        random.nextBytes(block);
        sent.appendBytes(block);
        all.appendInt(LENGTH).appendBytes(block);
      }
      int most = 1 + random.nextInt(2 * LENGTH);
      for (int at = 0; at < all.length(); ) {
        int to = Math.min(all.length(), at + 1 + random.nextInt(most));
        reader.take(all.slice(at, to));
        at = to;
      }
      assertThat(came.getBytes(before, came.length())).isEqualTo(sent.getBytes());
      assertThat(reader.isBetweenBlocks()).isTrue();
    }
  }

  @Test
  void cutBlockIsNoEnd() {
    reader.take(Buffer.buffer().appendInt(LENGTH).appendBytes(new byte[LENGTH - 1]));

    assertThat(came.length()).isEqualTo(LENGTH - 1);
    assertThat(reader.isBetweenBlocks()).isFalse();
  }

  @Test
  void cutLengthIsNoEnd() {
    reader.take(Buffer.buffer().appendShort((short) 0));

    assertThat(reader.isBetweenBlocks()).isFalse();
  }

  @Test
  void anotherLengthIsRefusedBeforeAnythingOfItIsHandedOn() {
    assertThatThrownBy(() -> reader.take(Buffer.buffer().appendInt(Integer.MAX_VALUE)))
        .isInstanceOf(Unintelligible.class)
        .hasMessage("a block of 2147483647 bytes, not 1000");
    assertThatThrownBy(
            () -> new BlockReader(LENGTH, this::receive).take(Buffer.buffer().appendInt(-1)))
        .isInstanceOf(Unintelligible.class);
  }
}
