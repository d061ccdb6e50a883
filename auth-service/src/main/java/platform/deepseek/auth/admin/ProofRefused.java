package platform.deepseek.auth.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import platform.deepseek.auth.factor.Proof;

/** A second factor that was not proven. It carries no stack trace: it is an answer. */
final class ProofRefused extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final transient Optional<Duration> retryAfter;

  private ProofRefused(int status, String code, String message, Optional<Duration> retryAfter) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /**
   * @return how it was proven
   */
  static Proof.Method require(Proof proof, Instant now) {
    return switch (proof) {
      case Proof.Accepted(Proof.Method method) -> method;
      case Proof.Wrong(int triesLeft) ->
          throw new ProofRefused(
              401,
              "invalid_second_factor",
              "The code is wrong. %d more wrong codes and nobody may try for a while; check the"
                      .formatted(triesLeft)
                  + " clock of the device.",
              Optional.empty());
      case Proof.Replayed() ->
          throw new ProofRefused(
              401,
              "second_factor_used",
              "The code was used already. Wait for the next one, at most 30 seconds.",
              Optional.empty());
      case Proof.Locked(Instant until) ->
          throw new ProofRefused(
              429,
              "second_factor_locked",
              "Too many wrong codes: no code is looked at before %s.".formatted(until),
              Optional.of(Duration.between(now, until)));
      case Proof.NotEnrolled() ->
          throw new ProofRefused(
              409,
              "second_factor_missing",
              "The user has no second factor for this. An administrator enrols one by POST"
                  + " /v1/admin/users/{id}/second-factor.",
              Optional.empty());
    };
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
