package platform.deepseek.auth.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Whoever guesses keys cannot tell a wrong secret from a public part that nobody has. */
class GuessTest {

  @Test
  void aWrongSecretAndAnUnknownKeyCauseTheSameLooks() {
    try (GuessTiming guesses = new GuessTiming()) {
      guesses.authenticator.authenticate(guesses.wrongSecret).join();
      int looks = guesses.looks.getAndSet(0);
      assertThat(looks).isPositive();
      guesses.authenticator.authenticate(guesses.unknown).join();
      assertThat(guesses.looks).hasValue(looks);
      for (int i = 0; i < 10; i++) {
        guesses.authenticator.authenticate(guesses.wrongSecret).join();
        guesses.authenticator.authenticate(guesses.unknown).join();
      }
      assertThat(guesses.looks).hasValue(looks);
    }
  }

  @Test
  void aWrongSecretAndAnUnknownKeyTakeTheSameTime() {
    try (GuessTiming guesses = new GuessTiming()) {
      guesses.measure(5_000);
      assertThat(guesses.measure(10_000).ratio()).isBetween(0.5, 2.0);
    }
  }
}
