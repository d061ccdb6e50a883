/** The DeepSeekDeployment: what a person writes (spec) and what the operator answers (status). */
package platform.deepseek.operator.resource;
