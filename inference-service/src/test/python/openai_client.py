"""The API as a user of the openai package for Python sees it. Address and key come from the environment."""

import unittest

import openai

client = openai.OpenAI(max_retries=0)
QUESTION = [{"role": "user", "content": "Name three colours."}]


class OpenAiClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = client.models.list().data[0].id

    def ask(self, **options):
        options = {"max_tokens": 24, "temperature": 0, "messages": QUESTION, "model": self.model} | options
        return client.chat.completions.create(**options)

    def test_a_stream_says_what_the_whole_answer_says(self):
        whole = self.ask()
        chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertEqual(whole.choices[0].message.content, text)
        self.assertEqual(whole.usage.completion_tokens, chunks[-1].usage.completion_tokens)
        self.assertEqual(whole.usage.prompt_tokens, chunks[-1].usage.prompt_tokens)

    def test_a_limit_ends_the_answer_with_its_reason(self):
        answer = self.ask(max_tokens=3)
        self.assertEqual("length", answer.choices[0].finish_reason)
        self.assertEqual(3, answer.usage.completion_tokens)

    def test_completions_continue_a_text(self):
        answer = client.completions.create(model=self.model, prompt="One, two, three,", max_tokens=4, temperature=0)
        self.assertEqual(4, answer.usage.completion_tokens)
        self.assertTrue(answer.choices[0].text)

    def respond(self, **options):
        options = {"max_output_tokens": 24, "temperature": 0, "input": QUESTION, "model": self.model} | options
        return client.responses.create(**options)

    def test_events_of_a_response_say_what_the_whole_response_says(self):
        whole = self.respond(instructions="Be brief.")
        events = list(self.respond(instructions="Be brief.", stream=True))
        self.assertEqual(list(range(len(events))), [e.sequence_number for e in events])
        text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
        self.assertEqual(whole.output_text, text)
        self.assertEqual(whole.output_text, events[-1].response.output_text)
        self.assertEqual(whole.usage.input_tokens, events[-1].response.usage.input_tokens)

    def test_a_conversation_goes_on_from_a_response(self):
        first = self.respond()
        second = self.respond(input="And one more?", previous_response_id=first.id)
        self.assertEqual(first.id, second.previous_response_id)
        items = client.responses.input_items.list(second.id, order="asc").data
        self.assertEqual(QUESTION[0]["content"], items[0].content[0].text)
        self.assertEqual(first.output_text, items[1].content[0].text)
        whole = self.respond(input=QUESTION + first.output + [{"role": "user", "content": "And one more?"}])
        self.assertEqual(whole.usage.input_tokens, second.usage.input_tokens)
        self.assertEqual(whole.output_text, second.output_text)

    def test_a_response_is_kept_until_it_is_deleted(self):
        response = self.respond(metadata={"test": "python"})
        self.assertEqual(response, client.responses.retrieve(response.id))
        client.responses.delete(response.id)
        with self.assertRaises(openai.NotFoundError):
            client.responses.retrieve(response.id)

    def test_a_limit_makes_a_response_incomplete(self):
        response = self.respond(max_output_tokens=3)
        self.assertEqual("incomplete", response.status)
        self.assertEqual("max_output_tokens", response.incomplete_details.reason)

    def test_tokens_of_an_input_are_counted(self):
        count = client.responses.input_tokens.count(model=self.model, input=QUESTION)
        self.assertEqual(self.respond().usage.input_tokens, count.input_tokens)

    def test_an_unknown_previous_response_is_a_bad_request(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.respond(previous_response_id="resp_none")
        self.assertEqual("previous_response_not_found", raised.exception.code)

    def test_a_model_is_found_by_its_name(self):
        self.assertEqual(self.model, client.models.retrieve(self.model).id)

    def test_an_unknown_model_is_not_found(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.ask(model="no-such-model")
        self.assertIn("no-such-model", raised.exception.message)

    def test_a_wrong_key_is_refused(self):
        with self.assertRaises(openai.AuthenticationError):
            openai.OpenAI(api_key="sk-wrong", max_retries=0).models.list()

    def test_no_messages_are_a_bad_request(self):
        with self.assertRaises(openai.BadRequestError):
            self.ask(messages=[])


if __name__ == "__main__":
    unittest.main()
