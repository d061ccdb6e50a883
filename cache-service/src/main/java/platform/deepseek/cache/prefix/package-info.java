/** Blocks of computed prefixes. */
package platform.deepseek.cache.prefix;
