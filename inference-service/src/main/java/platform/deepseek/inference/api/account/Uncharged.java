package platform.deepseek.inference.api.account;

import io.quarkus.arc.DefaultBean;
import jakarta.inject.Singleton;
import java.util.List;

/** Nothing is charged: every request passes and there is no money to tell of. */
@DefaultBean
@Singleton
public final class Uncharged implements Accounts {

  @Override
  public Balance balance() {
    return new Balance(true, List.of());
  }

  @Override
  public void requireFunds(long promptTokens, long maxTokens) {}
}
