/** Tenants and their users. */
package platform.deepseek.auth.tenant;
