package platform.deepseek.inference.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonBytesTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static String parsed(String text) throws Exception {
    return JSON.readValue(new JsonBytes(4).string(text).toBytes(), String.class);
  }

  @Test
  void anyTextComesBackFromAParser() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(40); j > 0; j--) {
        int point =
            switch (random.nextInt(4)) {
              case 0 -> random.nextInt(0x80);
              case 1 -> random.nextInt(0x80, 0x800);
              case 2 -> random.nextInt(0xE000, 0x10000);
              default -> random.nextInt(0x10000, 0x110000);
            };
        text.appendCodePoint(point);
      }
      assertThat(parsed(text.toString())).isEqualTo(text.toString());
    }
  }

  @Test
  void halfASurrogatePairBecomesTheReplacementCharacter() throws Exception {
    assertThat(parsed("a\uD800b")).isEqualTo("a\uFFFDb");
    assertThat(parsed("\uDC00")).isEqualTo("\uFFFD");
    assertThat(parsed("x\uD83D")).isEqualTo("x\uFFFD");
  }

  @Test
  void impossibleIsWrittenAsOpenAiDoes() {
    assertThat(new JsonBytes(8).logprob(Float.NEGATIVE_INFINITY)).hasToString("-9999.0");
    assertThat(new JsonBytes(8).string(null)).hasToString("null");
  }
}
