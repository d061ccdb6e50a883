/** What the one who pays for a request has left: the place where an accounting service joins. */
package platform.deepseek.inference.api.account;
