// The API as users of the packages for Node see it. Address and key come from the environment.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic, { BadRequestError, NotFoundError } from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const address = process.env.DEEPSEEK_BASE_URL;
const apiKey = process.env.DEEPSEEK_API_KEY;
const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: address, apiKey, authToken: null, maxRetries: 0 });
const model = (await openai.models.list()).data[0].id;

const greedy = { temperature: 0 };
const messages = [{ role: 'user', content: 'Name three colours.' }];
const tooLong = [{ role: 'user', content: 'word '.repeat(9_000) }];
const Colour = z.object({ name: z.enum(['red', 'blue']), number: z.number().int().min(0).max(99) });

test('openai: an answer is parsed as its schema', async () => {
  const answer = await openai.chat.completions.parse({
    model, messages, ...greedy, max_tokens: 200, response_format: zodResponseFormat(Colour, 'colour'),
  });
  Colour.parse(answer.choices[0].message.parsed);
});

test('openai: a stream ends with what it said and what it used', async () => {
  const stream = openai.chat.completions.stream({
    model, messages, ...greedy, max_tokens: 8, stream_options: { include_usage: true },
  });
  let said = '';
  stream.on('content', (delta) => (said += delta));
  const answer = await stream.finalChatCompletion();
  assert.equal(answer.choices[0].message.content, said);
  assert.equal((await stream.totalUsage()).completion_tokens, 8);
});

test('openai: a tool is run and its result sent back', async () => {
  const asked = [];
  const runner = openai.chat.completions.runTools(
    {
      model, messages, ...greedy, max_tokens: 200, tool_choice: 'required', parallel_tool_calls: false,
      tools: [zodFunction({ name: 'paint', parameters: Colour, function: (colour) => asked.push(colour) && 'done' })],
    },
    { maxChatCompletions: 2 },
  );
  await runner.done();
  assert.equal(asked.length, 2);
  asked.forEach((colour) => Colour.parse(colour));
});

test('openai: a response is streamed in events and parsed', async () => {
  const stream = openai.responses.stream({
    model, input: messages, ...greedy, max_output_tokens: 200, text: { format: zodTextFormat(Colour, 'colour') },
  });
  const types = [];
  for await (const event of stream) types.push(event.type);
  assert.deepEqual(types.slice(0, 2), ['response.created', 'response.in_progress']);
  assert.equal(types.at(-1), 'response.completed');
  Colour.parse((await stream.finalResponse()).output_parsed);
});

test('openai: a prompt that is too long has its code and an id', async () => {
  const failure = await openai.chat.completions.create({ model, messages: tooLong }).catch((error) => error);
  assert.ok(failure instanceof OpenAI.BadRequestError);
  assert.equal(failure.code, 'context_length_exceeded');
  assert.match(failure.requestID, /^req_/);
});

test('openai: an answer can be given up', async () => {
  const abort = new AbortController();
  const stream = await openai.chat.completions.create(
    { model, messages, max_tokens: 1_000, stream: true, ignore_eos: true }, { signal: abort.signal },
  );
  await assert.rejects(async () => {
    for await (const _ of stream) abort.abort();
    throw new OpenAI.APIUserAbortError(); // older and newer versions end the loop, or raise this
  }, OpenAI.APIUserAbortError);
});

test('anthropic: a stream ends with what it said', async () => {
  const stream = anthropic.messages.stream({ model, messages, max_tokens: 8 });
  let said = '';
  stream.on('text', (delta) => (said += delta));
  const message = await stream.finalMessage();
  assert.equal(message.content[0].text, said);
  assert.equal(stream.request_id, message.id);
});

test('anthropic: its runner of tools goes on without a thread', async () => {
  const asked = [];
  const runner = anthropic.beta.messages.toolRunner({
    model, messages, max_tokens: 200, max_iterations: 2,
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    tools: [betaZodTool({ name: 'paint', description: 'Paints', inputSchema: Colour, run: (colour) => asked.push(colour) && 'done' })],
  });
  const reasons = [];
  for await (const message of runner) reasons.push(message.stop_reason);
  assert.deepEqual(reasons, ['tool_use', 'tool_use']);
  asked.forEach((colour) => Colour.parse(colour));
});

test('anthropic: a prompt that is too long is told in words that clients know', async () => {
  const failure = await anthropic.messages.create({ model, messages: tooLong, max_tokens: 4 }).catch((error) => error);
  assert.ok(failure instanceof BadRequestError);
  assert.match(failure.message, /prompt is too long: \d+ tokens > \d+ maximum/);
  assert.equal(failure.requestID, failure.error.request_id);
});

test('anthropic: batches are not found', async () => {
  const failure = await anthropic.messages.batches.create({ requests: [] }).catch((error) => error);
  assert.ok(failure instanceof NotFoundError);
});

test('anthropic: models are listed in its shape', async () => {
  const [first] = (await anthropic.models.list()).data;
  assert.deepEqual([first.type, first.id, first.display_name], ['model', model, model]);
});

const providers = {
  'openai, responses': createOpenAI({ baseURL: `${address}/v1`, apiKey })(model),
  'openai, chat': createOpenAI({ baseURL: `${address}/v1`, apiKey }).chat(model),
  'openai-compatible': createOpenAICompatible({ name: 'house', baseURL: `${address}/v1`, apiKey, includeUsage: true, supportsStructuredOutputs: true })(model),
  deepseek: createDeepSeek({ baseURL: address, apiKey })(model),
  anthropic: createAnthropic({ baseURL: `${address}/v1`, apiKey })(model),
};
const quick = { maxRetries: 0, temperature: 0 };

for (const [name, languageModel] of Object.entries(providers)) {
  test(`AI SDK, ${name}: a stream says what the whole answer says`, async () => {
    const options = { model: languageModel, prompt: 'Name three colours.', maxOutputTokens: 8, ...quick };
    const whole = await generateText(options);
    const stream = streamText({ ...options, onError: ({ error }) => assert.fail(error) });
    let said = '';
    for await (const delta of stream.textStream) said += delta;
    assert.equal(said, whole.text);
    assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);
  });

  test(`AI SDK, ${name}: a tool is run and its result sent back`, async () => {
    const paint = tool({ description: 'Paints', inputSchema: Colour, execute: async () => 'done' });
    const result = await generateText({
      model: languageModel, prompt: 'Paint.', tools: { paint }, maxOutputTokens: 200, stopWhen: stepCountIs(2), ...quick,
      providerOptions: { openai: { parallelToolCalls: false }, anthropic: { disableParallelToolUse: true } },
      toolChoice: { type: 'tool', toolName: 'paint' },
    });
    Colour.parse(result.steps[0].toolCalls[0].input);
  });

  if (name === 'deepseek') continue; // it asks for any JSON and puts the schema into the prompt
  test(`AI SDK, ${name}: an answer is an object of its schema`, async () => {
    const { object } = await generateObject({ model: languageModel, schema: Colour, prompt: 'A colour.', maxOutputTokens: 200, ...quick });
    Colour.parse(object);
  });
}
