/** Questions that mean the same: off by default, within a tenant, never exact. */
package platform.deepseek.cache.semantic;
