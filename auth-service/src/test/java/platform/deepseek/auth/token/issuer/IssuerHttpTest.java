package platform.deepseek.auth.token.issuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.token.TestIssuer;

/** An issuer that begins to answer and goes no further. */
class IssuerHttpTest {

  private static IssuerHttp http(Duration patience) {
    Duration unused = Duration.ofHours(1);
    return new IssuerHttp(new IssuerSettings(unused, unused, unused, unused, patience, false));
  }

  @Test
  void anAnswerThatStopsInTheMiddleIsNoneAfterOurPatience() {
    try (TestIssuer issuer = new TestIssuer();
        IssuerHttp patient = http(Duration.ofSeconds(30));
        IssuerHttp hasty = http(Duration.ofMillis(300))) {
      URI keys = URI.create(issuer.url() + "/keys");
      assertThat(patient.get(keys)).isPresent();
      issuer.standsStill = true;
      assertThatThrownBy(() -> hasty.get(keys))
          .isInstanceOf(IssuerUnavailable.class)
          .hasMessageContaining("has not answered whole within 300 ms");
    }
  }
}
