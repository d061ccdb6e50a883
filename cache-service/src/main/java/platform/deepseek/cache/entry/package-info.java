/** An answer, and the sealed form in which it is kept. */
package platform.deepseek.cache.entry;
