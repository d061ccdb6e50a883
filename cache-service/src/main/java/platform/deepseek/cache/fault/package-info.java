/** What to do about parts that fail. */
package platform.deepseek.cache.fault;
