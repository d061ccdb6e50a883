"""The API as a user of the anthropic package for Python sees it. Address and key come from the environment."""

import json
import os
import unittest
from typing import Literal

import anthropic

client = anthropic.Anthropic(max_retries=0)
GREEDY = {"temperature": 0}  # a field of the API that the package has no argument for
QUESTION = [{"role": "user", "content": "Name three colours."}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"enum": ["Oslo", "Rome"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
CALL = {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}}


class AnthropicClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = client.models.list().data[0].id

    def options(self, **options):
        return {"model": self.model, "max_tokens": 24, "messages": QUESTION, "extra_body": GREEDY} | options

    def ask(self, **options):
        return client.messages.create(**self.options(**options))

    def test_a_message_is_answered(self):
        message = self.ask(system="You are brief.")
        self.assertEqual(["text"], [block.type for block in message.content])
        self.assertTrue(message.content[0].text)
        self.assertIn(message.stop_reason, ("end_turn", "max_tokens"))
        self.assertTrue(message.id.startswith("msg_"))

    def test_a_stream_says_what_the_whole_message_says(self):
        whole = self.ask()
        with client.messages.stream(**self.options()) as stream:
            text = "".join(stream.text_stream)
            message = stream.get_final_message()
        self.assertEqual(whole.content[0].text, text)
        self.assertEqual([(b.type, b.text) for b in whole.content], [(b.type, b.text) for b in message.content])
        self.assertEqual(whole.stop_reason, message.stop_reason)
        self.assertEqual(whole.usage.output_tokens, message.usage.output_tokens)
        self.assertEqual(prompt_tokens(whole.usage), prompt_tokens(message.usage))

    def test_events_come_in_the_order_of_the_api(self):
        types = [event.type for event in self.ask(stream=True)]
        self.assertEqual(["message_start", "content_block_start"], types[:2])
        self.assertEqual({"content_block_delta"}, set(types[2:-3]))
        self.assertEqual(["content_block_stop", "message_delta", "message_stop"], types[-3:])

    def test_a_limit_ends_the_answer_with_its_reason(self):
        message = self.ask(max_tokens=3)
        self.assertEqual("max_tokens", message.stop_reason)
        self.assertEqual(3, message.usage.output_tokens)

    def test_a_stop_sequence_ends_the_answer_and_is_named(self):
        word = self.ask().content[0].text.split()[2]
        message = self.ask(stop_sequences=[word])
        self.assertEqual("stop_sequence", message.stop_reason)
        self.assertEqual(word, message.stop_sequence)
        self.assertNotIn(word, message.content[0].text)

    def test_a_conversation_goes_on_with_the_message_as_it_came(self):
        first = self.ask()
        answer = {"role": first.role, "content": first.content}
        second = self.ask(messages=[*QUESTION, answer, {"role": "user", "content": "And one more?"}])
        self.assertGreater(prompt_tokens(second.usage), prompt_tokens(first.usage))

    def test_a_tool_that_has_to_be_called_is_called_with_what_its_schema_allows(self):
        message = self.ask(max_tokens=100, **CALL)
        self.assertEqual("tool_use", message.stop_reason)
        self.assertEqual(["tool_use"], [block.type for block in message.content])
        self.assertEqual("get_weather", message.content[0].name)
        self.assertIn(message.content[0].input, ({"city": "Oslo"}, {"city": "Rome"}))

    def test_a_call_streams_and_its_result_goes_back(self):
        with client.messages.stream(**self.options(max_tokens=100, **CALL)) as stream:
            message = stream.get_final_message()
        call = message.content[-1]
        self.assertIn(call.input, ({"city": "Oslo"}, {"city": "Rome"}))
        result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "rain"}]}
        answer = self.ask(
            tools=[WEATHER],
            tool_choice={"type": "none"},
            messages=[
                *QUESTION,
                {"role": "assistant", "content": message.content},
                {"role": "user", "content": [result, {"type": "text", "text": "So?"}]},
            ],
        )
        self.assertEqual(["text"], [block.type for block in answer.content])

    def test_an_answer_follows_its_schema(self):
        schema = {"type": "object", "properties": {"red": {"type": "boolean"}}, "required": ["red"]}
        schema["additionalProperties"] = False
        message = self.ask(max_tokens=100, output_config={"format": {"type": "json_schema", "schema": schema}})
        self.assertIn(json.loads(message.content[0].text), ({"red": True}, {"red": False}))

    def test_a_model_that_does_not_reason_only_refuses_to_have_to(self):
        self.assertTrue(self.ask(thinking={"type": "adaptive"}, output_config={"effort": "high"}).content)
        self.assertTrue(self.ask(thinking={"type": "disabled"}).content)
        with self.assertRaises(anthropic.BadRequestError) as raised:
            self.ask(max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 1024})
        self.assertIn("does not reason", raised.exception.body["error"]["message"])

    def test_the_tokens_counted_are_those_of_the_prompt(self):
        count = client.messages.count_tokens(model=self.model, messages=QUESTION, system="You are brief.")
        self.assertEqual(prompt_tokens(self.ask(system="You are brief.").usage), count.input_tokens)

    def test_a_model_is_found_by_its_name(self):
        model = client.models.retrieve(self.model)
        self.assertEqual(self.model, model.id)
        self.assertGreater(model.created_at.year, 2000)

    def test_models_are_listed_in_its_shape_at_either_address(self):
        root = anthropic.Anthropic(base_url=os.environ["ANTHROPIC_BASE_URL"].removesuffix("/anthropic"), max_retries=0)
        for each in (client, root):
            models = each.models.list().data
            self.assertEqual([("model", self.model, self.model)], [(m.type, m.id, m.display_name) for m in models])

    def test_its_runner_of_tools_goes_on_without_a_thread(self):
        asked = []

        @anthropic.beta_tool
        def get_weather(city: Literal["Oslo", "Rome"]) -> str:
            """The weather of a city.

            Args:
                city: Its name.
            """
            asked.append(city)
            return "rain"

        choice = {"type": "any", "disable_parallel_tool_use": True}
        options = self.options(max_tokens=100, tools=[get_weather], tool_choice=choice, max_iterations=2)
        reasons = [message.stop_reason for message in client.beta.messages.tool_runner(**options)]
        self.assertEqual(["tool_use", "tool_use"], reasons)
        self.assertTrue(set(asked) <= {"Oslo", "Rome"}, asked)

    def test_a_prompt_that_is_too_long_is_told_in_words_that_clients_know(self):
        with self.assertRaises(anthropic.BadRequestError) as raised:
            self.ask(messages=[{"role": "user", "content": "word " * 9000}])
        self.assertRegex(raised.exception.message, r"prompt is too long: \d+ tokens > \d+ maximum")
        self.assertRegex(raised.exception.request_id, "^req_")

    def test_an_answer_has_the_id_of_its_request(self):
        message = self.ask()
        self.assertEqual(message.id, message._request_id)

    def test_batches_are_not_found(self):
        with self.assertRaises(anthropic.NotFoundError):
            client.messages.batches.list()

    def test_an_unknown_model_is_not_found(self):
        with self.assertRaises(anthropic.NotFoundError) as raised:
            self.ask(model="no-such-model")
        self.assertIn("no-such-model", raised.exception.message)

    def test_a_bad_request_says_what_is_wrong(self):
        with self.assertRaises(anthropic.BadRequestError) as raised:
            self.ask(messages=[])
        self.assertEqual("invalid_request_error", raised.exception.body["error"]["type"])
        self.assertIn("messages", raised.exception.body["error"]["message"])

    def test_a_wrong_key_is_refused(self):
        with self.assertRaises(anthropic.AuthenticationError):
            anthropic.Anthropic(api_key="sk-wrong", max_retries=0).models.list()

    def test_the_key_may_come_in_the_header_of_its_own(self):
        header = {"authorization": anthropic.omit, "x-api-key": os.environ["ANTHROPIC_API_KEY"]}
        self.assertTrue(self.ask(extra_headers=header).content)


def prompt_tokens(usage):
    return usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens


if __name__ == "__main__":
    unittest.main()
