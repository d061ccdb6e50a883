/** Whether a model fits: memory needed against the GPUs of the cluster, in numbers. */
package platform.deepseek.operator.fit;
