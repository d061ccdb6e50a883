/** Where a request comes from, and who is believed about it. */
package platform.deepseek.auth.network;
