package platform.deepseek.operator.desired;

import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/**
 * A revision that runs.
 *
 * @param spec the spec with this revision's part in it
 * @param replicas replicas to set, or empty while an autoscaler owns the number
 */
public record Tracked(
    Track track, String revision, DeepSeekDeploymentSpec spec, Replicas replicas) {}
