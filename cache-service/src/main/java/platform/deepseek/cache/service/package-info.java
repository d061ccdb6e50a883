/** Configuration and wiring. */
package platform.deepseek.cache.service;
