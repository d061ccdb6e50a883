/** What holds the parts together: configuration, wiring, the clock, the first start. */
package platform.deepseek.auth.service;
