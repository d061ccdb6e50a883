package platform.deepseek.auth.identity;

import java.util.concurrent.CompletableFuture;

/** Says whose a bearer token is that is no API key: what an identity provider issued, or we. */
public interface TokenVerifier {

  /**
   * @param token never one that begins as API keys do
   */
  CompletableFuture<Verdict> verify(String token);
}
