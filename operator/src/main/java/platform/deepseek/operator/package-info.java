/** The operator: from a DeepSeekDeployment to running, scaled, guarded workloads. */
package platform.deepseek.operator;
