/** Whether the service lives and can answer. */
package platform.deepseek.inference.api.health;
