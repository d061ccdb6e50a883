/** The routes: plain Vert.x, no thread hop where nothing blocks. */
package platform.deepseek.cache.http;
