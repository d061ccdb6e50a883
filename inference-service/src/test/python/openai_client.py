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
