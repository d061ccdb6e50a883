/** Administration over REST: tenants, users, keys, limits, prices, usage. */
package platform.deepseek.auth.admin;
