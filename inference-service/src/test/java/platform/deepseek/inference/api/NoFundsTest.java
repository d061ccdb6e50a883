package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Future;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** An account without funds: 402 wherever something is generated, and a balance that says so. */
@QuarkusTest
@TestProfile(NoFundsTest.Poor.class)
class NoFundsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The parrot, served to who cannot pay. */
  public static final class Poor extends ParrotProfile {

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
      Set<Class<?>> alternatives = new HashSet<>(super.getEnabledAlternatives());
      alternatives.add(SpentAccounts.class);
      return alternatives;
    }
  }

  /** Two cents are left, and no request costs as little. */
  @Alternative
  @Singleton
  static class SpentAccounts implements Accounts {

    private long promptTokens;
    private long maxTokens;

    @Override
    public Future<Balance> balance(Question question) {
      return Future.succeededFuture(
          new Balance(
              false,
              List.of(
                  new Balance.Fund(
                      "USD",
                      new BigDecimal("0.02"),
                      new BigDecimal("0.00"),
                      new BigDecimal("0.02")))));
    }

    @Override
    public synchronized Future<Grant> reserve(Question question, Demand demand) {
      promptTokens = demand.promptTokens();
      maxTokens = demand.maxTokens();
      return Future.failedFuture(
          new ApiException(ApiError.BUDGET_EXHAUSTED, "Insufficient Balance"));
    }

    synchronized List<Long> asked() {
      return List.of(promptTokens, maxTokens);
    }
  }

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject SpentAccounts accounts;

  static List<Call> calls() {
    return Endpoint.calls();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aRequestWithoutFundsIs402AndNeverQueued(Call call) throws Exception {
    try (RawConnection client = new RawConnection(server)) {
      client.post(
          call.endpoint().path,
          ParrotProfile.KEY,
          call.endpoint().request("Hello", 5, call.stream()));
      HttpReply reply = client.reply();
      assertThat(reply.status()).isEqualTo(402);
      String id = reply.headers().get("x-request-id");
      assertThat(JSON.readTree(reply.body()))
          .isEqualTo(JSON.readTree(expected(call.endpoint(), id)));
      assertThat(model.engine().stats().waiting()).isZero();
    }
  }

  private static String expected(Endpoint endpoint, String requestId) {
    return switch (endpoint.dialect) {
      case OPENAI, RESPONSES ->
          """
          {"error":{"message":"Insufficient Balance","type":"invalid_request_error","param":null,
          "code":"budget_exhausted"}}\
          """;
      case DEEPSEEK ->
          """
          {"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,
          "code":"invalid_request_error"}}\
          """;
      case ANTHROPIC ->
          """
          {"type":"error","error":{"type":"billing_error","message":"Insufficient Balance"},
          "request_id":"%s"}\
          """
              .formatted(requestId);
    };
  }

  @Test
  void fundsAreAskedForAllPromptsOnceAndForAllChoices() throws Exception {
    try (RawConnection client = new RawConnection(server)) {
      client.post(
          "/v1/completions",
          ParrotProfile.KEY,
          "{\"model\":\"parrot\",\"prompt\":[[1,2,3],[4,5]],\"n\":3,\"max_tokens\":7}");
      assertThat(client.reply().status()).isEqualTo(402);
    }
    assertThat(accounts.asked()).containsExactly(5L, 42L);
  }

  @Test
  void theBalanceTellsWhatIsLeft() throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      client.send(
          "GET", "/user/balance", Map.of("authorization", "Bearer " + ParrotProfile.KEY), null);
      HttpReply reply = client.reply();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(JSON.readTree(reply.body()))
          .isEqualTo(
              JSON.readTree(
                  """
                  {"is_available":false,"balance_infos":[{"currency":"USD",
                  "total_balance":"0.02","granted_balance":"0.00","topped_up_balance":"0.02"}]}\
                  """));
    }
  }
}
