/** Puts it together: facts, checks, workflow, status. */
package platform.deepseek.operator.reconcile;
