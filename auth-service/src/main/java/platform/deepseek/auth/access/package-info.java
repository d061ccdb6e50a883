/** What each role may do: a matrix, and the routes that ask for it. What is not in it is denied. */
package platform.deepseek.auth.access;
