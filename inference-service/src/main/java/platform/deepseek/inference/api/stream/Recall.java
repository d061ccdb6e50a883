package platform.deepseek.inference.api.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * How the answer to a request would be found among those that are kept.
 *
 * @param request all that the answer depends on, with the effective values
 * @param greedy whether the answer is a function of that
 * @param lifeSeconds for how long the client wants it kept
 */
public record Recall(Supplier<ObjectNode> request, boolean greedy, OptionalLong lifeSeconds) {}
