/** Self-healing: what workloads show is looked at by rules; remedies are a state machine. */
package platform.deepseek.operator.heal;
