/** The prompt cache: whole answers and computed prefixes, exact, shared and safe. */
package platform.deepseek.cache;
