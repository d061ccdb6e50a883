/** From a request to the name of its answer. */
package platform.deepseek.cache.key;
