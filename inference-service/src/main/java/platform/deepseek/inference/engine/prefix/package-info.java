/** Computed prefixes that outlive the engine: on their way to a store and back. */
package platform.deepseek.inference.engine.prefix;
