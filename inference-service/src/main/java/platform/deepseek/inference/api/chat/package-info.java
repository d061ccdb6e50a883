/** A conversation, whatever the dialect it was written in: turns, tools, and the answer's shape. */
package platform.deepseek.inference.api.chat;
