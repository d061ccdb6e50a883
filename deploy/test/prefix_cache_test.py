"""auth-service, cache-service and inference-service together, as the processes they are: prefixes
that outlive a restart, for whom, and that nobody notices when cache-service dies or hangs.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built.
"""

import os
import random
import signal
import time
import unittest

from services import Platform, await_true

BLOCK = 64
KEPT = 'deepseek_prefix_store_blocks_total{event="kept"}'
RESTORED = 'deepseek_prefix_store_restorations_total{outcome="restored"}'


def tokens(name, count):
    return random.Random(name).choices(range(1_000, 40_000), k=count)


class PrefixCache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A busy machine may take longer than is waited elsewhere.
        cls.platform = Platform(
            os.environ["DEMO_MODEL"],
            cached=True,
            DEEPSEEK_CACHE_PREFIXES_PATIENCE="2s",
            DEEPSEEK_CACHE_PREFIXES_SILENCE="2s",
            DEEPSEEK_CACHE_DISK_BLOCK_PATIENCE="5s",
        )
        cls.addClassCleanup(cls.platform.stop)
        cls.platform.start()
        cls.key = cls.platform.local_key("api-key")
        cls.reached(1)
        # What each test finds kept: the prompt, and the texts of its answer when it was computed.
        lengths = {"long": 1_600, "tenants": 600, "choices": 500, "begin": 700}
        cls.kept = {name: cls.computed(tokens(name, length)) for name, length in lengths.items()}
        cls.restart()

    @classmethod
    def reached(cls, is_reached):
        await_true(
            60,
            "cache-service is found to answer, or not to",
            lambda: cls.platform.metrics()["deepseek_prefix_store_available"] == is_reached,
        )

    @classmethod
    def restart(cls):
        cls.platform.inference.stop()
        cls.platform.inference.start().await_ready()
        cls.reached(1)

    @classmethod
    def ask(cls, prompt, key=None, **fields):
        body = {"model": "demo", "prompt": prompt, "max_tokens": 12, "temperature": 0}
        reply = cls.platform.inference.ask(
            "POST",
            "/v1/completions",
            body | {"ignore_eos": True} | fields,
            authorization="Bearer " + (key or cls.key),
            # Whole answers are kept too; here they are not to be found.
            cache_control="no-cache, no-store",
        )
        if reply.status != 200:
            raise AssertionError(f"{reply.status} {reply.text}")
        answer = reply.json()
        texts = [choice["text"] for choice in answer["choices"]]
        return texts, answer["usage"]["prompt_cache_hit_tokens"]

    @classmethod
    def computed(cls, prompt):
        """A prompt that nothing is known of, and its texts; all of its blocks are kept."""
        before = cls.platform.metrics()[KEPT]
        texts, hits = cls.ask(prompt)
        if hits != 0:
            raise AssertionError(f"{hits} tokens of a new prompt were known")
        await_true(
            60,
            "its blocks are handed over",
            lambda: cls.platform.metrics()[KEPT] >= before + len(prompt) // BLOCK,
        )
        return prompt, texts

    def counted(self):
        metrics = self.platform.metrics()
        return metrics[RESTORED], metrics["deepseek_prefix_cache_hit_tokens_total"]

    def test_a_prefix_outlives_a_restart_and_the_answer_is_the_same(self):
        prompt, fresh = self.kept["long"]
        restored, hit_tokens = self.counted()
        again, hits = self.ask(prompt)
        self.assertEqual(fresh, again)
        # The last token is always computed, and with it its block.
        self.assertEqual((len(prompt) - 1) // BLOCK * BLOCK, hits)
        self.assertEqual((restored + 1, hit_tokens + hits), self.counted())

    def test_another_tenant_computes_for_itself(self):
        prompt, fresh = self.kept["tenants"]
        _, other = self.platform.new_key()
        answer, hits = self.ask(prompt, other)
        self.assertEqual(0, hits)
        self.assertEqual(fresh, answer)
        answer, hits = self.ask(prompt)
        self.assertEqual(576, hits)
        self.assertEqual(fresh, answer)

    def test_choices_of_one_prompt_fetch_it_once(self):
        prompt, fresh = self.kept["choices"]
        restored, _ = self.counted()
        answers, hits = self.ask(prompt, n=3)
        self.assertEqual(3 * fresh, answers)
        self.assertEqual(448, hits)
        self.assertEqual(restored + 1, self.counted()[0])

    def test_a_prompt_that_goes_on_otherwise_uses_what_is_equal(self):
        prompt, _ = self.kept["begin"]
        _, hits = self.ask(prompt[:400] + tokens("other end", 100))
        self.assertEqual(384, hits)

    def test_without_cache_service_answers_are_computed(self):
        prompt, fresh = self.computed(tokens("killed", 400))
        self.platform.inference.stop()
        self.platform.cache.kill()
        try:
            self.platform.inference.start().await_ready()
            answer, hits = self.ask(prompt)
            self.assertEqual((fresh, 0), (answer, hits))
            self.assertEqual(0, self.platform.metrics()["deepseek_prefix_store_available"])
        finally:
            self.platform.cache.start().await_ready()
        self.reached(1)

    def test_a_hanging_cache_service_is_waited_for_a_few_times_and_then_not_asked(self):
        prompts = [tokens(f"hanging {i}", 200) for i in range(6)]
        self.reached(1)
        self.platform.cache.process.send_signal(signal.SIGSTOP)
        try:
            for prompt in prompts:
                answer, hits = self.ask(prompt)
                self.assertEqual(0, hits)
            self.reached(0)
            begun = time.monotonic()
            self.ask(tokens("nobody waits", 200))
            self.assertLess(time.monotonic() - begun, 60)
        finally:
            self.platform.cache.process.send_signal(signal.SIGCONT)
        self.reached(1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
