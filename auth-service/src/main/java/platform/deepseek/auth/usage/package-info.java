/** What was used, what it costs, and the book it is written in. */
package platform.deepseek.auth.usage;
