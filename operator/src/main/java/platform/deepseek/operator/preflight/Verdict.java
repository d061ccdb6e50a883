package platform.deepseek.operator.preflight;

import java.util.List;
import platform.deepseek.operator.resource.GpuStatus;
import platform.deepseek.operator.resource.QuotaStatus;
import platform.deepseek.operator.status.Finding;

/**
 * The outcome of all checks.
 *
 * @param proceed whether objects may be made; if not, what runs is left as it is
 * @param surge whether a rollout may start a replica before it stops one
 */
public record Verdict(
    List<Finding> findings, boolean proceed, boolean surge, GpuStatus gpu, QuotaStatus quota) {}
