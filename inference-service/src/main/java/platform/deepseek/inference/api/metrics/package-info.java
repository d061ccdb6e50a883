/** What Prometheus sees: the engine from inside, and requests by what became of them. */
package platform.deepseek.inference.api.metrics;
