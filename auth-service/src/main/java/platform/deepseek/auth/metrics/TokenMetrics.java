package platform.deepseek.auth.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import platform.deepseek.auth.token.jose.TokenFault;

/** Counts refused tokens by why they were. Every series exists from the start. */
public final class TokenMetrics {

  private final Map<TokenFault, Counter> refused = new EnumMap<>(TokenFault.class);

  public TokenMetrics(MeterRegistry registry) {
    for (TokenFault fault : TokenFault.values()) {
      refused.put(
          fault,
          Counter.builder("deepseek.auth.token.refusals")
              .description("Bearer tokens that were worth nothing, by why they were")
              .tag("reason", fault.label())
              .register(registry));
    }
  }

  public void refused(TokenFault fault) {
    refused.get(fault).increment();
  }
}
