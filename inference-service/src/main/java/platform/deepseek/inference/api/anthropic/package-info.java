/** Anthropic's messages: requests in, exact events and bodies out. */
package platform.deepseek.inference.api.anthropic;
