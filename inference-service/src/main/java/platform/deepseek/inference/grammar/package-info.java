/** From a JSON Schema or a grammar to the set of tokens that may come next. */
package platform.deepseek.inference.grammar;
