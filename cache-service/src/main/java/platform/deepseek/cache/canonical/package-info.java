/** JSON in its one canonical spelling, RFC 8785. */
package platform.deepseek.cache.canonical;
