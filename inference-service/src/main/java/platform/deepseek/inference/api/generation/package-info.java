/** What every request for a generation has in common, whatever its dialect. */
package platform.deepseek.inference.api.generation;
