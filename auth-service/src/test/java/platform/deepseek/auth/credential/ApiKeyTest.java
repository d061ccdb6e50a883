package platform.deepseek.auth.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {

  private static final String KNOWN =
      "sk-live_aB3dE6gH_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg_";

  @Test
  void aFreshKeyIsReadBack() {
    ApiKey key = ApiKey.create("live");
    assertThat(key.reveal())
        .matches("sk-live_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}")
        .startsWith("sk-live_" + key.id() + "_");
    ApiKey read = ApiKey.parse(key.reveal()).orElseThrow();
    assertThat(read.id()).isEqualTo(key.id());
    assertThat(read.environment()).isEqualTo("live");
    assertThat(read.reveal()).isEqualTo(key.reveal());
  }

  @Test
  void theChecksumIsCrc32InBase62() {
    // Python: zlib.crc32(b"sk-live_aB3dE6gH_0123...abcdefg") in base 62, six digits.
    assertThat(ApiKey.parse(KNOWN + "1VYOhZ")).isPresent();
  }

  @Test
  void keysDoNotRepeat() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      ids.add(ApiKey.create("test").id());
    }
    assertThat(ids).hasSize(10_000);
  }

  @Test
  void anyOtherCharacterAnywhereMakesItNoKey() {
    String key = ApiKey.create("live").reveal();
    Random random = new Random(7);
    for (int i = 0; i < key.length(); i++) {
      for (int tries = 0; tries < 20; tries++) {
        char other = (char) (32 + random.nextInt(95));
        if (other != key.charAt(i)) {
          String changed = key.substring(0, i) + other + key.substring(i + 1);
          assertThat(ApiKey.parse(changed)).as(changed).isEmpty();
        }
      }
    }
  }

  @Test
  void anyCutOrAdditionMakesItNoKey() {
    String key = ApiKey.create("live").reveal();
    for (int length = 0; length < key.length(); length++) {
      assertThat(ApiKey.parse(key.substring(0, length))).isEmpty();
      assertThat(ApiKey.parse(key.substring(key.length() - length))).isEmpty();
    }
    for (String changed :
        Set.of(key + " ", " " + key, key + "\n", key + "0", "\0" + key, key + "_", key + key)) {
      assertThat(ApiKey.parse(changed)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sk-", "sk-live", "eyJhbGciOiJub25lIn0.e30.", "sk-____", "SK-LIVE_"})
  void whatIsNoKeyIsNone(String text) {
    assertThat(ApiKey.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "LIVE", "toolongname", "li_ve", "lï"})
  void anEnvironmentIsAFewLowerCaseLetters(String environment) {
    assertThatThrownBy(() -> ApiKey.create(environment))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 to 8 lower case letters");
  }

  @Test
  void itsTextInALogHidesTheSecret() {
    ApiKey key = ApiKey.create("live");
    assertThat(key).hasToString("sk-live_" + key.id() + "_****");
  }
}
