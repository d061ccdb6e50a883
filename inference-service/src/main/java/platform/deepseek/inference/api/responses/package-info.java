/** OpenAI's Responses: answers made of items, kept for a while, and conversations that go on. */
package platform.deepseek.inference.api.responses;
