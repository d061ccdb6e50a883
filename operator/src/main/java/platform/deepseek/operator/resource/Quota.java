package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The namespace's ResourceQuota. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.mode != 'Manage' || has(self.hard)",
    message = "quota.mode Manage needs quota.hard, the numbers to keep")
public record Quota(
    @JsonPropertyDescription(
            "Check looks before a rollout whether it fits; Manage also keeps one ResourceQuota for"
                + " the namespace; Off does neither.")
        @Default("Check")
        QuotaMode mode,
    @JsonPropertyDescription(
            "What the namespace may request; the oldest resource with Manage decides.")
        QuotaHard hard,
    @JsonPropertyDescription("Kueue: label queue-name on the workload.") @Size(max = 253)
        String queueName,
    @JsonPropertyDescription("PriorityClass of the pods.") @Size(max = 253)
        String priorityClassName) {}
