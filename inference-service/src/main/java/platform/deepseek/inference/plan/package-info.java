/**
 * What a model needs of a machine and how fast it can be there, from its config alone: no weights
 * are read. Depends on {@code model} only, so that others than the engine can use it.
 */
package platform.deepseek.inference.plan;
