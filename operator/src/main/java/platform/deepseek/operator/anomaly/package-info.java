/** Rules over log lines and events: what is looked for, how often, and what follows. */
package platform.deepseek.operator.anomaly;
