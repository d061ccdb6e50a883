/** Who asks: from the text of a credential to a tenant, a user, a role and their limits. */
package platform.deepseek.auth.identity;
