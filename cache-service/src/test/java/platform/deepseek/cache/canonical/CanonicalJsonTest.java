package platform.deepseek.cache.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 8785 by its own examples: sections 3.2.2 and 3.2.3, appendix B. */
class CanonicalJsonTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void theExampleOfSection322IsWrittenAsThere() throws IOException {
    String input =
        """
        {
          "numbers": [333333333.33333329, 1E30, 4.50,
                      2e-3, 0.000000000000000000000000001],
          "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
          "literals": [null, true, false]
        }
        """;
    assertThat(canonical(input))
        .isEqualTo(
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                + "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  }

  @Test
  void membersAreSortedByUtf16CodeUnitsAsInSection323() throws IOException {
    String input =
        """
        {
          "\\u20ac": "Euro Sign",
          "\\r": "Carriage Return",
          "\\ufb33": "Hebrew Letter Dalet With Dagesh",
          "1": "One",
          "\\ud83d\\ude00": "Emoji: Grinning Face",
          "\\u0080": "Control",
          "\\u00f6": "Latin Small Letter O With Diaeresis"
        }
        """;
    assertThat(canonical(input))
        .isEqualTo(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
                + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
                + "\"\ud83d\ude00\":\"Emoji: Grinning Face\","
                + "\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0",
    "8000000000000000, 0",
    "0000000000000001, 5e-324",
    "8000000000000001, -5e-324",
    "7fefffffffffffff, 1.7976931348623157e+308",
    "ffefffffffffffff, -1.7976931348623157e+308",
    "4340000000000000, 9007199254740992",
    "c340000000000000, -9007199254740992",
    "4430000000000000, 295147905179352830000",
    "44b52d02c7e14af5, 9.999999999999997e+22",
    "44b52d02c7e14af6, 1e+23",
    "44b52d02c7e14af7, 1.0000000000000001e+23",
    "444b1ae4d6e2ef4e, 999999999999999700000",
    "444b1ae4d6e2ef4f, 999999999999999900000",
    "444b1ae4d6e2ef50, 1e+21",
    "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d, 0.000001",
    "41b3de4355555553, 333333333.3333332",
    "41b3de4355555554, 333333333.33333325",
    "41b3de4355555555, 333333333.3333333",
    "41b3de4355555556, 333333333.3333334",
    "41b3de4355555557, 333333333.33333343",
    "becbf647612f3696, -0.0000033333333333333333",
    "43143ff3c1cb0959, 1424953923781206.2"
  })
  void numbersAreWrittenAsInAppendixB(String bits, String text) {
    double value = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));
    assertThat(utf8(CanonicalJson.of(DoubleNode.valueOf(value)))).isEqualTo(text);
  }

  @Test
  void everyDoubleComesBackFromItsFewestDigits() {
    Random random = new Random(8785);
    for (int i = 0; i < 200_000; i++) {
      double value =
          i % 2 == 0
              ? Double.longBitsToDouble(random.nextLong())
              : new BigDecimal(BigInteger.valueOf(random.nextInt(100)), random.nextInt(650) - 310)
                  .doubleValue();
      if (!Double.isFinite(value)) {
        continue;
      }
      String text = EcmaScriptNumber.of(value);
      assertThat(Double.parseDouble(text)).as(text).isEqualTo(value == 0 ? 0.0 : value);
      assertThat(digits(text)).as("%s of %s", text, value).isLessThanOrEqualTo(digits(value));
    }
  }

  @Test
  void integersThatAreNoDoublesKeepAllTheirDigits() throws IOException {
    assertThat(canonical("9007199254740993")).isEqualTo("9007199254740993E0");
    assertThat(canonical("9007199254740992")).isEqualTo("9007199254740992");
    assertThat(canonical("1000000000000000000000")).isEqualTo("1e+21");
    assertThat(canonical("1000000000000000000001")).isEqualTo("1000000000000000000001E0");
    assertThat(canonical("-18446744073709551615")).isEqualTo("-18446744073709551615E0");
  }

  @Test
  void spellingDoesNotCount() throws IOException {
    assertThat(canonical("[1.0,1,1e0,10e-1,-0.0,0]")).isEqualTo("[1,1,1,1,0,0]");
    assertThat(canonical("{ \"b\" : 1 , \"a\" : \"\\u0041\\/\" }"))
        .isEqualTo("{\"a\":\"A/\",\"b\":1}");
  }

  @Test
  void whatIsLeftOutIsLeftOutAtTheTopOnly() throws IOException {
    JsonNode node = JSON.readTree("{\"user\":1,\"a\":{\"user\":2}}");
    assertThat(utf8(CanonicalJson.of(node, Set.of("user")))).isEqualTo("{\"a\":{\"user\":2}}");
  }

  @Test
  void whatHasNoSpellingIsRefused() {
    assertThatThrownBy(() -> canonical("1e400")).isInstanceOf(NoCanonicalForm.class);
    for (String half : new String[] {"\ud800", "x\udc00", "\ud800x", "\udc00\ud800"}) {
      assertThatThrownBy(() -> CanonicalJson.of(TextNode.valueOf(half)))
          .isInstanceOf(NoCanonicalForm.class);
    }
    assertThatThrownBy(() -> CanonicalJson.of(DoubleNode.valueOf(Double.NaN)))
        .isInstanceOf(NoCanonicalForm.class);
  }

  private static int digits(String text) {
    return new BigDecimal(text).stripTrailingZeros().precision();
  }

  private static int digits(double value) {
    return digits(Double.toString(value));
  }

  private static String canonical(String json) throws IOException {
    return utf8(CanonicalJson.of(JSON.readTree(json)));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
