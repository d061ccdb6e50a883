package platform.deepseek.auth.factor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LockoutTest {

  @ParameterizedTest
  @CsvSource({
    "1, PT0S",
    "4, PT0S",
    "5, PT30S",
    "6, PT1M",
    "7, PT2M",
    "11, PT32M",
    "12, PT1H",
    "1000, PT1H"
  })
  void eachFurtherWrongCodeDoublesThePauseUpToAnHour(int failures, Duration pause) {
    assertThat(Lockout.after(failures)).isEqualTo(pause);
  }
}
