/** What is counted and timed. */
package platform.deepseek.auth.metrics;
