/** The second factor of administrators: one-time passwords, recovery codes, and what they open. */
package platform.deepseek.auth.factor;
