package platform.deepseek.inference.api.account;

import jakarta.inject.Singleton;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.engine.GenerationRequest;

/** Asks whether a caller can pay for a request before it is queued. */
@Singleton
public final class Payment {

  private final Accounts accounts;

  public Payment(Accounts accounts) {
    this.accounts = accounts;
  }

  /** Refuses what is not paid for; may block. */
  public void require(Prepared prepared) {
    long promptTokens = 0;
    long maxTokens = 0;
    for (int i = 0; i < prepared.generations().size(); i++) {
      GenerationRequest request = prepared.generations().get(i).request();
      promptTokens += i % prepared.perPrompt() == 0 ? request.prompt().length : 0;
      maxTokens += request.maxTokens();
    }
    accounts.requireFunds(promptTokens, maxTokens);
  }
}
