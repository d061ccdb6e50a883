package platform.deepseek.inference.api.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheControlTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no-cache | true | false | -1",
        "No-Store | false | true | -1",
        "no-cache, no-store | true | true | -1",
        "max-age=60 | false | false | 60",
        "max-age=0,no-store | false | true | 0",
        "MAX-AGE=99999999999999999 | false | false | 315360000",
        "max-age=-1, private, max-stale | false | false | -1",
        "max-age=x, no-cachet, ,, | false | false | -1",
      })
  void directivesAreRead(String header, boolean noCache, boolean noStore, long maxAge) {
    assertThat(CacheControl.parse(header))
        .isEqualTo(
            new CacheControl(
                noCache, noStore, maxAge < 0 ? OptionalLong.empty() : OptionalLong.of(maxAge)));
  }

  @Test
  void onlyAnAgeThatAnAnswerCanHaveTakesKeptOnes() {
    assertThat(CacheControl.parse(null)).isEqualTo(CacheControl.NONE);
    assertThat(CacheControl.NONE.takesKeptAnswers()).isFalse();
    assertThat(CacheControl.parse("max-age=0").takesKeptAnswers()).isFalse();
    assertThat(CacheControl.parse("max-age=1").takesKeptAnswers()).isTrue();
  }
}
