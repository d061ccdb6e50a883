/**
 * The routes that other services and the edge ask on every request: plain Vert.x, no thread hop.
 */
package platform.deepseek.auth.http;
