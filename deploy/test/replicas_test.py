"""Three cache-services on one Redis and three inference-services that ask them, as the processes they
are: a crowd with one question computes once, and once more when its leader leaves or is killed.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built. CROWD is how many
ask at once.
"""

import collections
import concurrent.futures
import json
import os
import threading
import unittest

from services import Platform, Redis, await_true

CHAT = "/v1/chat/completions"
CROWD = int(os.environ.get("CROWD", "120"))
LONGEST = 500
COMPUTED = "deepseek_generation_tokens_total"
LED = 'deepseek_answer_cache_leases_total{outcome="%s"}'
ABANDONED = LED % "abandoned"  # it was cut, so it is not kept


class Asked:
    """One request of the crowd, a stream, read in a thread of its own."""

    def __init__(self, inference, question, key):
        self.inference = inference
        self.question = question
        self.key = key
        self.cache = None
        self.text = ""
        self.ended = False
        self.reply = None
        self.begun = threading.Event()

    def read(self):
        try:
            self.reply = self.inference.ask(
                "POST", CHAT, self.question, True, authorization="Bearer " + self.key
            )
            self.cache = self.reply.headers.get("x-cache")
            for event in self.reply.events():
                self.ended = event == "[DONE]"
                if not self.ended:
                    for choice in json.loads(event)["choices"]:
                        self.text += choice["delta"].get("content") or ""
                    if len(self.text) > 20:
                        self.begun.set()
        except (OSError, ValueError, AttributeError):
            pass  # the connection was cut, from here or from there: it has not ended
        finally:
            self.begun.set()
            if self.reply is not None:
                self.reply.leave()
        return self


class Replicas(unittest.TestCase):
    number = 0

    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.platform = Platform(os.environ["DEMO_MODEL"], cached=True, redis=cls.redis)
        cls.addClassCleanup(cls.platform.stop)
        cls.platform.start()
        cls.caches = [cls.platform.cache]
        cls.inferences = [cls.platform.inference]
        for _ in range(2):
            cache, inference = cls.platform.start_more()
            cls.caches.append(cache)
            cls.inferences.append(inference)
        cls.key = cls.platform.local_key("api-key")

    def question(self, **fields):
        """One that nobody asked before, whose answer is cut: shared with who asks now, not kept."""
        Replicas.number += 1
        return {
            "model": "demo",
            "messages": [{"role": "user", "content": f"Tell me a story, number {self.number}."}],
            "temperature": 0,
            "max_tokens": LONGEST,
            "ignore_eos": True,
            "stream": True,
        } | fields

    def totals(self):
        """What the replicas that live have computed, and what became of lookups and leases."""
        totals = collections.Counter()
        for one in self.inferences:
            if one.process.poll() is None:
                totals.update(
                    {
                        name: value
                        for name, value in self.platform.metrics(one).items()
                        if name.startswith((COMPUTED, "deepseek_answer_cache_"))
                    }
                )
        return totals

    def crowd(self, question, leave=None):
        """Leads with one who is in the middle of the answer when the others have come."""
        leader = Asked(self.inferences[0], question, self.key)
        with concurrent.futures.ThreadPoolExecutor(CROWD + 1) as threads:
            leading = threads.submit(leader.read)
            leader.begun.wait()
            others = [
                Asked(self.inferences[i % len(self.inferences)], question, self.key)
                for i in range(CROWD)
            ]
            following = [threads.submit(one.read) for one in others]
            if leave is not None:
                for one in others:
                    if one.inference is not leader.inference:
                        one.begun.wait()
                leave(leader)
            for one in [leading, *following]:
                one.result()
        return leader, others

    def require_one_text(self, told, alone):
        self.assertTrue(all(one.ended for one in told))
        self.assertEqual({alone}, {one.text for one in told})

    def alone(self, question):
        """The answer as the last replica computes it for itself."""
        reply = self.inferences[-1].ask(
            "POST",
            CHAT,
            question | {"stream": False},
            authorization="Bearer " + self.key,
            cache_control="no-cache, no-store",
        )
        return reply.json()["choices"][0]["message"]["content"]

    def test_1_a_crowd_on_three_replicas_computes_once(self):
        question = self.question(ignore_eos=False, stop=["."])  # it ends by itself
        before = self.totals()
        leader, others = self.crowd(question)
        told = self.totals() - before
        self.assertLessEqual(told[COMPUTED], LONGEST + 2, told)
        self.assertEqual({"MISS"}, {leader.cache})
        self.assertNotIn("MISS", {one.cache for one in others})
        self.require_one_text([leader, *others], self.alone(question))

    def test_2_a_leader_that_leaves_is_replaced_by_one(self):
        question = self.question()
        before = self.totals()
        _, others = self.crowd(question, leave=lambda leader: leader.reply.leave())
        # The leader's replica hears that it has left, and a leader that its answer was taken.
        await_true(
            60,
            "both leases are over",
            lambda: (self.totals() - before)[LED % "lost"] >= 1
            and (self.totals() - before)[ABANDONED] >= 1,
        )
        told = self.totals() - before
        self.require_one_text(others, self.alone(question))
        self.assertEqual((1, 1), (told[LED % "lost"], told[ABANDONED]), told)
        self.assertLessEqual(told[COMPUTED], 2 * LONGEST + 2, told)

    def test_3_a_leader_that_is_killed_is_replaced_by_one(self):
        question = self.question()
        before = sum(self.platform.metrics(one)[ABANDONED] for one in self.inferences[1:])
        _, others = self.crowd(question, leave=lambda leader: self.inferences[0].kill())
        alive = [one for one in others if one.inference is not self.inferences[0]]
        self.assertEqual(len(alive), CROWD - len(range(0, CROWD, 3)))
        self.require_one_text(alive, self.alone(question))
        self.assertEqual(1, self.totals()[ABANDONED] - before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
