/** Guesses at what a sequence says next, and how many of them are worth computing. */
package platform.deepseek.inference.engine.draft;
