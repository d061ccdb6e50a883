"""auth-service and inference-service together, as the processes they are: what is promised to whom
has a key, and what holds while one of them is killed.

JAVA_HOME and DEMO_MODEL come from the environment; both services have to be built.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

from services import ROOT, Platform, await_true

PROMPT_TOKENS = 4  # of "Once upon a time"
REVOKED_WITHIN = 2.0  # seconds, as promised
SLACK = 20.0  # of a machine that does other things too, or stands still


class Authorization(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(os.environ["DEMO_MODEL"])
        cls.addClassCleanup(cls.platform.stop)
        cls.platform.start()

    def assertRefused(self, reply, status, code):
        self.assertEqual(status, reply.status, reply.text)
        self.assertEqual(code, reply.json()["error"]["code"])

    def test_the_key_of_a_local_run_works_and_its_use_is_booked(self):
        key = self.platform.local_key("api-key")
        reply = self.platform.complete(key, 3)
        self.assertEqual(200, reply.status)
        self.assertEqual("500", reply.headers["x-ratelimit-limit-requests"])
        usage = reply.json()["usage"]
        await_true(60, "it is booked", lambda: self.platform.used(key.split("_")[1])[1] >= 3)
        self.assertEqual(PROMPT_TOKENS, usage["prompt_tokens"])

    def test_no_key_and_a_wrong_key_are_refused(self):
        key = self.platform.local_key("api-key")
        for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), "sk-anything", "a.b.c"):
            self.assertRefused(self.platform.complete(wrong, 3), 401, "invalid_api_key")
        self.assertEqual(401, self.platform.inference.ask("GET", "/v1/models").status)
        self.assertEqual(401, self.platform.inference.ask("GET", "/nowhere").status)

    def test_a_revoked_key_is_refused_within_two_seconds(self):
        key_id, key = self.platform.new_key()
        self.assertEqual(200, self.platform.complete(key, 1).status)
        self.platform.admin("DELETE", f"/keys/{key_id}")
        took = await_true(
            REVOKED_WITHIN + SLACK,
            "the key is refused",
            lambda: self.platform.inference.ask(
                "GET", "/v1/models", authorization="Bearer " + key
            ).status
            == 401,
        )
        # Generations remember who somebody is for longer, and are decided all the same.
        self.assertEqual(401, self.platform.complete(key, 1).status)
        print(f"revoked after {took:.2f} s")

    def test_past_a_rate_the_answer_says_when_to_come_back(self):
        _, key = self.platform.new_key(requestsPerSecond=1)
        self.assertEqual(200, self.platform.complete(key, 1).status)
        refused = []

        def turned_away():
            reply = self.platform.complete(key, 1)
            refused.append(reply)
            return reply.status == 429

        await_true(60, "two requests come within a second", turned_away)
        headers = refused[-1].headers
        self.assertEqual("1", headers["retry-after"])
        self.assertEqual("1", headers["x-ratelimit-limit-requests"])
        self.assertEqual("0", headers["x-ratelimit-remaining-requests"])
        self.assertRefused(refused[-1], 429, "rate_limit_exceeded")

    def test_a_budget_ends_an_answer_and_then_refuses(self):
        _, key = self.platform.new_key(tokensPerDay=PROMPT_TOKENS + 10)
        answer = self.platform.complete(key, 50)
        self.assertEqual("10", answer.headers["x-deepseek-max-tokens"])
        whole = answer.json()
        self.assertEqual("length", whole["choices"][0]["finish_reason"])
        self.assertEqual(10, whole["usage"]["completion_tokens"])
        self.assertRefused(self.platform.complete(key, 50), 402, "budget_exhausted")

    def test_the_balance_is_what_the_book_leaves(self):
        # A thousandth of a dollar for each token: prices are millionths for a million tokens.
        price = {"model": "demo", "prompt": 1_000_000_000, "completion": 1_000_000_000}
        self.platform.admin("PUT", "/prices", price)
        self.addCleanup(self.platform.admin, "DELETE", "/prices?model=demo")
        _, key = self.platform.new_key(moneyPerDay=1_000_000)

        def balance():
            reply = self.platform.inference.ask("GET", "/user/balance", authorization="Bearer " + key)
            self.assertEqual(200, reply.status, reply.text)
            return reply.json()

        whole = {"currency": "USD", "total_balance": "1.00", "granted_balance": "1.00", "topped_up_balance": "0.00"}
        self.assertEqual({"is_available": True, "balance_infos": [whole]}, balance())
        self.assertEqual(200, self.platform.complete(key, 20).status)
        left = f"0.{(1_000 - PROMPT_TOKENS - 20) // 10}"  # rounded down
        await_true(60, "it is booked", lambda: balance()["balance_infos"][0]["total_balance"] == left)

    def test_no_byte_of_a_prompt_stays_unless_the_tenant_asks(self):
        tenant = self.platform.admin("POST", "/tenants", {"name": "quiet and not"})["id"]
        key = self.platform.admin(
            "POST", "/keys", {"tenant": tenant, "name": "k", "role": "developer"}
        )["key"]

        def say(marker):
            body = {"model": "demo", "max_tokens": 2, "prompt": f"Once upon {marker}"}
            reply = self.platform.inference.ask(
                "POST", "/v1/completions", body, authorization="Bearer " + key
            )
            self.assertEqual(200, reply.status, reply.text)

        def kept():
            return self.platform.admin("GET", f"/prompts?tenant={tenant}")["data"]

        say("unasked-marker")
        self.assertEqual([], kept())
        self.platform.admin("PATCH", f"/tenants/{tenant}", {"promptBytes": 4_096})

        def keeps():
            say("asked-marker")
            return kept()

        await_true(60, "the audit keeps requests", keeps)
        prompt = self.platform.admin("GET", "/prompts/" + kept()[-1]["id"])
        self.assertIn("asked-marker", prompt["text"])
        self.assertEqual(len(prompt["text"]), prompt["length"])
        for file in sorted(pathlib.Path(self.platform.work).rglob("*")):
            if file.is_file():
                content = file.read_bytes()
                self.assertNotIn(b"unasked-marker", content, file)
                self.assertNotIn(b"asked-marker", content, file)

    def test_a_cancelled_stream_gives_back_what_it_did_not_use(self):
        key_id, key = self.platform.new_key(tokensPerDay=3_500)
        stream = self.platform.complete(key, 3_000, stream=True)
        events = stream.events()
        for _ in range(3):
            next(events)
        # While it runs nearly nothing is left.
        meanwhile = self.platform.complete(key, 1_000, stream=True)
        self.assertLess(int(meanwhile.headers["x-deepseek-max-tokens"]), 500)
        meanwhile.leave()
        stream.leave()
        await_true(60, "both are booked", lambda: self.platform.used(key_id)[0] >= PROMPT_TOKENS)

        def refunded():
            again = self.platform.complete(key, 2_500, stream=True)
            again.leave()
            return again.status == 200 and "x-deepseek-max-tokens" not in again.headers

        await_true(60, "what was not used is there again", refunded)
        self.assertLess(self.platform.used(key_id)[1], 1_000)

    def test_killed_auth_service_keeps_new_requests_out_and_running_ones_going(self):
        key_id, key = self.platform.new_key()
        stream = self.platform.complete(key, 300, stream=True)
        events = stream.events()
        next(events)
        self.platform.auth.kill()
        try:
            refused = self.platform.complete(key, 1)
            self.assertEqual("2", refused.headers["retry-after"])
            self.assertRefused(refused, 503, "authorization_unavailable")
            anthropic = self.platform.complete(key, 1, path="/v1/messages")
            self.assertEqual(503, anthropic.status)
            self.assertEqual("api_error", anthropic.json()["error"]["type"])
            self.assertEqual("[DONE]", list(events)[-1])
            stream.leave()
        finally:
            self.platform.auth.start().await_ready()
        await_true(
            60, "the stream is booked", lambda: self.platform.used(key_id) == (PROMPT_TOKENS, 300)
        )
        await_true(
            60, "new requests are answered", lambda: self.platform.complete(key, 1).status == 200
        )

    def test_killed_inference_service_leaves_nothing_reserved(self):
        _, key = self.platform.new_key(concurrentRequests=1)
        stream = self.platform.complete(key, 3_000, stream=True)
        next(stream.events())

        def allowed():
            question = {
                "credential": key,
                "clientAddress": "127.0.0.1",
                "method": "POST",
                "path": "/v1/completions",
                "model": "demo",
                "promptTokens": 1,
                "maxTokens": 1,
            }
            return self.platform.auth.ask(
                "POST",
                "/v1/decisions",
                question,
                x_deepseek_service_key=self.platform.SERVICE_KEY,
            ).json()["allow"]

        # Longer than the lease, which is renewed while the stream runs.
        taken = 0
        for _ in stream.events():
            taken += 1
            if taken == 100:
                break
        self.assertFalse(allowed())
        self.platform.inference.kill()
        try:
            took = await_true(self.platform.LEASE_SECONDS + 60, "its place is free", allowed)
            print(f"returned {took:.1f} s after the kill, lease {self.platform.LEASE_SECONDS} s")
        finally:
            self.platform.inference.start().await_ready()


class Offline(unittest.TestCase):
    """The programs of auth-service that are no server begin out of what was packaged."""

    def test_recovery_and_verification_begin_and_say_what_they_lack(self):
        for script, arguments, sentence in (
            ("admin-recover.sh", ["--user", "admin"], "there is no file"),
            ("audit-verify.sh", [], "Verifies the audit."),
        ):
            with self.subTest(script), tempfile.TemporaryDirectory() as folder:
                ran = subprocess.run(
                    [ROOT / "deploy" / "local" / script, *arguments],
                    env={**os.environ, "DEEPSEEK_AUTH_DATA_FOLDER": folder},
                    capture_output=True, text=True, timeout=120, check=False,
                )  # fmt: skip
                self.assertEqual(2, ran.returncode, ran.stderr)
                self.assertIn(sentence, ran.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
