/** What is checked before anything is made: the spec against the cluster. Pure. */
package platform.deepseek.operator.preflight;
