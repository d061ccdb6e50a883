/** What tenants want their audit to keep of requests. */
package platform.deepseek.auth.prompt;
