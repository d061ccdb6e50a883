"""auth-service, cache-service and inference-service together, as the processes they are: which
answers are given again, to whom, and that nobody notices when cache-service is gone.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built.
"""

import concurrent.futures
import itertools
import json
import os
import time
import unittest

from services import Platform, await_true

CHAT = "/v1/chat/completions"
CROWD = 50


class AnswerCache(unittest.TestCase):
    questions = itertools.count()

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(os.environ["DEMO_MODEL"], cached=True)
        cls.addClassCleanup(cls.platform.stop)
        cls.platform.start()
        cls.key = cls.platform.local_key("api-key")
        # Once each way, so that what is measured and awaited later is warm.
        cls.platform.inference.ask("POST", CHAT, cls.question(), authorization="Bearer " + cls.key)

    @classmethod
    def question(cls, **fields):
        """One that nobody asked before, whose answer ends by itself."""
        return {
            "model": "demo",
            "messages": [
                {"role": "user", "content": f"Tell me story number {next(cls.questions)}."}
            ],
            "temperature": 0,
            "max_tokens": 400,
            "stop": ["."],
        } | fields

    def ask(self, body, key=None, path=CHAT, **headers):
        stream = body.get("stream", False)
        reply = self.platform.inference.ask(
            "POST", path, body, stream, authorization="Bearer " + (key or self.key), **headers
        )
        self.assertEqual(200, reply.status, "" if stream else reply.text)
        return reply

    def cache_of(self, reply):
        return reply.headers.get("x-cache", "none")

    def assertHit(self, reply):
        self.assertRegex(self.cache_of(reply), r"^HIT; tier=L[123]; age=\d+$")

    @staticmethod
    def text_of(stream):
        text, events = "", list(stream.events())
        stream.leave()
        for event in events[:-1]:
            for choice in json.loads(event)["choices"]:
                text += choice["delta"].get("content") or ""
        return text, events

    def until_kept(self, body, key=None, **headers):
        """An answer is handed in when it is whole, which the client may hear of first."""
        replies = []

        def hit():
            replies.append(self.ask(body, key, **headers))
            return self.cache_of(replies[-1]).startswith("HIT")

        await_true(60, "the answer is kept", hit)
        return replies[-1]

    def test_the_same_question_twice_is_computed_once(self):
        question = self.question()
        first = self.ask(question)
        self.assertEqual("MISS", self.cache_of(first))
        answer = first.json()
        self.assertEqual("stop", answer["choices"][0]["finish_reason"])
        second = self.until_kept(question)
        self.assertHit(second)
        again = second.json()
        self.assertEqual(answer["choices"], again["choices"])
        self.assertNotEqual(answer["id"], again["id"])
        for field in ("prompt_tokens", "completion_tokens", "total_tokens"):
            self.assertEqual(answer["usage"][field], again["usage"][field])
        self.assertEqual(again["usage"]["prompt_tokens"], again["usage"]["prompt_cache_hit_tokens"])

    def test_an_answer_that_was_kept_is_streamed_like_a_fresh_one(self):
        question = self.question()
        streamed = question | {"stream": True, "stream_options": {"include_usage": True}}
        fresh, fresh_events = self.text_of(self.ask(streamed))
        whole = self.until_kept(question)
        reply = self.ask(streamed)
        self.assertHit(reply)
        kept, events = self.text_of(reply)
        self.assertEqual(fresh, kept)
        self.assertEqual(fresh, whole.json()["choices"][0]["message"]["content"])
        self.assertEqual("[DONE]", events[-1])
        first, ending, usage = (json.loads(events[i]) for i in (0, -3, -2))
        self.assertEqual("assistant", first["choices"][0]["delta"]["role"])
        self.assertEqual("stop", ending["choices"][0]["finish_reason"])
        self.assertEqual(
            json.loads(fresh_events[-2])["usage"]["completion_tokens"],
            usage["usage"]["completion_tokens"],
        )
        self.assertEqual({first["id"]}, {json.loads(event)["id"] for event in events[:-1]})

    def test_another_api_finds_its_own_answers_whole_and_streamed(self):
        question = self.question()
        question["stop_sequences"] = question.pop("stop")
        fresh = self.ask(question, path="/v1/messages")
        self.assertEqual("MISS", self.cache_of(fresh))
        kept = self.ask(question, path="/v1/messages")
        await_true(
            60, "it is kept", lambda: self.cache_of(self.ask(question, path="/v1/messages"))[:3] == "HIT"
        )
        self.assertEqual(fresh.json()["content"], kept.json()["content"])
        self.assertEqual("stop_sequence", kept.json()["stop_reason"])
        self.assertEqual(".", kept.json()["stop_sequence"])

    def test_another_tenant_computes_for_itself(self):
        question = self.question()
        self.ask(question)
        self.until_kept(question)
        _, other = self.platform.new_key()
        self.assertEqual("MISS", self.cache_of(self.ask(question, other)))

    def test_what_changes_the_answer_changes_the_question(self):
        question = self.question()
        self.ask(question)
        self.until_kept(question)
        # Nothing but how it is spelt and told.
        self.assertHit(self.ask(question | {"top_p": 1.0, "n": 1, "user": "somebody"}))
        self.assertHit(self.ask(dict(reversed(question.items())) | {"temperature": 0.0}))
        for field, value in (
            ("max_tokens", 401),
            ("stop", [".", "!"]),
            ("presence_penalty", 0.5),
            ("logit_bias", {"5": 1}),
            ("seed", 7),
            ("prompt_cache_key", "mine"),
            ("user_id", "somebody"),
            ("messages", question["messages"] * 2),
        ):
            self.assertEqual("MISS", self.cache_of(self.ask(question | {field: value})), field)

    def test_only_answers_that_are_a_function_of_the_request_are_kept(self):
        drawn = self.question(temperature=1)
        self.assertEqual("none", self.cache_of(self.ask(drawn)))
        self.assertEqual("none", self.cache_of(self.ask(self.question(n=2))))
        self.assertEqual("none", self.cache_of(self.ask(self.question(logprobs=True))))
        # Who says that an older answer will do gets one.
        agreed = {"cache_control": "max-age=600"}
        self.assertEqual("MISS", self.cache_of(self.ask(drawn, **agreed)))
        self.assertHit(self.until_kept(drawn, **agreed))
        self.assertEqual("none", self.cache_of(self.ask(drawn)))

    def test_an_answer_that_was_cut_is_not_kept(self):
        question = self.question(max_tokens=2, stop=[])
        for _ in range(3):
            reply = self.ask(question)
            self.assertEqual("MISS", self.cache_of(reply))
            self.assertEqual("length", reply.json()["choices"][0]["finish_reason"])
            time.sleep(0.2)  # nothing to be awaited: it is not kept

    def test_the_client_says_what_is_kept_and_taken(self):
        question = self.question()
        for _ in range(2):
            self.assertEqual("MISS", self.cache_of(self.ask(question, cache_control="no-store")))
        self.ask(question)
        self.until_kept(question)
        self.assertEqual("MISS", self.cache_of(self.ask(question, cache_control="no-cache")))
        self.assertHit(self.until_kept(question))
        self.assertEqual("MISS", self.cache_of(self.ask(question, cache_control="max-age=0")))
        both = self.ask(question, cache_control="no-cache, no-store")
        self.assertEqual("BYPASS", self.cache_of(both))

    def test_a_crowd_with_one_question_computes_once(self):
        question = self.question(max_tokens=300, stop=["\n\n\n", "."])
        begun = self.platform.metrics()
        with concurrent.futures.ThreadPoolExecutor(CROWD) as crowd:
            bodies = [question | {"stream": i % 2 == 0} for i in range(CROWD)]
            replies = list(crowd.map(self.said, bodies))
        ended = self.platform.metrics()
        told = {
            name: ended[name] - begun[name]
            for name in ended
            if name.startswith("deepseek_answer_cache_l") and ended[name] != begun.get(name)
        }
        self.assertEqual(1, len({text for _, text in replies}), told)
        computed = (
            ended["deepseek_generation_tokens_total"] - begun["deepseek_generation_tokens_total"]
        )
        usage = self.ask(question).json()["usage"]
        # The engine computes a step ahead of what it hands out.
        self.assertLessEqual(computed, usage["completion_tokens"] + 2, told)
        self.assertEqual(1, sum(cache == "MISS" for cache, _ in replies), told)

    def said(self, body):
        reply = self.ask(body)
        if body["stream"]:
            return self.cache_of(reply), self.text_of(reply)[0]
        return self.cache_of(reply), reply.json()["choices"][0]["message"]["content"]

    def test_a_leader_that_leaves_is_replaced(self):
        question = self.question(max_tokens=400, stop=[], ignore_eos=True, stream=True)
        leader = self.ask(question)
        events = leader.events()
        for _ in range(10):
            next(events)
        follower = self.ask(question)
        self.assertEqual("FOLLOW", self.cache_of(follower))
        others = follower.events()
        told = [next(others) for _ in range(3)]
        leader.leave()
        told += list(others)
        follower.leave()
        self.assertEqual("[DONE]", told[-1])
        text = "".join(
            choice["delta"].get("content") or ""
            for event in told[:-1]
            for choice in json.loads(event)["choices"]
        )
        alone, _ = self.text_of(self.ask(question, cache_control="no-cache, no-store"))
        self.assertEqual(alone, text)

    def test_a_hit_is_charged_as_one(self):
        key_id, key = self.platform.new_key()
        question = self.question()
        self.ask(question, key)
        self.until_kept(question, key)
        await_true(60, "it is booked", lambda: self.platform.used(key_id)[1] > 0)
        before = self.platform.used(key_id)[1]
        self.assertHit(self.ask(question, key))
        self.ask(self.question(max_tokens=1, stop=[]), key)
        await_true(60, "one more is booked", lambda: self.platform.used(key_id)[1] == before + 1)

    def test_without_cache_service_answers_are_computed(self):
        question = self.question()
        fresh = self.ask(question).json()
        self.until_kept(question)
        self.platform.cache.kill()
        try:
            for _ in range(8):
                reply = self.ask(question)
                self.assertEqual("MISS", self.cache_of(reply))
                self.assertEqual(fresh["choices"], reply.json()["choices"])
            metrics = self.platform.metrics()
            self.assertEqual(1, metrics["deepseek_answer_cache_breaker_open"])
            self.assertGreater(
                metrics['deepseek_answer_cache_lookups_total{outcome="skipped"}'], 0
            )
        finally:
            self.platform.cache.start().await_ready()
        # What it had on its disk is there again.
        self.assertHit(self.until_kept(question))


if __name__ == "__main__":
    unittest.main(verbosity=2)
