package platform.deepseek.auth.decision;

import java.util.Optional;
import platform.deepseek.auth.network.ClientAddress;

/**
 * A request that somebody wants to be let in.
 *
 * @param credential as it was shown, without the name of its scheme; empty when there was none
 * @param client that it comes from
 * @param path as it was sent, without a query
 * @param model that is asked; empty where none is
 * @param promptTokens of all its prompts
 * @param maxTokens that it may generate
 * @param holds whether what it may use is reserved until it is settled
 */
public record Question(
    String credential,
    ClientAddress client,
    String method,
    String path,
    Optional<String> model,
    long promptTokens,
    long maxTokens,
    boolean holds) {}
