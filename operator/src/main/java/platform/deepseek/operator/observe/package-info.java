/** What the cluster holds, read from its objects, and what is wrong with it. Pure. */
package platform.deepseek.operator.observe;
