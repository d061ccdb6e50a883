/**
 * What a model writes beside its answer: its reasoning and its calls of tools, found while it
 * writes.
 */
package platform.deepseek.inference.text.answer;
