/** The steps of the workflow: one class per kind of object that belongs to a DeepSeekDeployment. */
package platform.deepseek.operator.dependent;
