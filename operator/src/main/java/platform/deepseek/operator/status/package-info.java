/** What is answered: conditions, phase and numbers. Pure. */
package platform.deepseek.operator.status;
