/** A program of its own in the operator's image: asks a model something, as a client does. */
package platform.deepseek.operator.question;
