"""The command line of the administration where no auth-service is needed: help, what is typed wrong, and
every way an answer can stay out or be another's. CommandLineTest of auth-service tries it on the real one.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROGRAM = HERE.parent / "deepseek-admin"
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

import failure  # noqa: E402
import program  # noqa: E402

BOUND = 180  # seconds for one command, also on a machine that does much else
KEY = "sk-live_0123456789ab_" + "x" * 32 + "_abcdef"


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers as its server says: a function from method and path to status, headers and bytes."""

    def do_GET(self):
        length = int(self.headers.get("content-length") or 0)
        self.server.asked.append((self.command, self.path, self.headers.get("authorization"), self.rfile.read(length)))
        status, headers, body = self.server.answer(self.command, self.path)
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(answer, context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.answer, server.asked = answer, []
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.shutdown()
        server.server_close()


def always(status, body, **headers):
    return lambda method, path: (status, headers, body.encode() if isinstance(body, str) else body)


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="admin-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_program(self, *arguments, typed="", **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEEPSEEK_ADMIN", "RUN_DIR", "AUTH_PORT"))}
        done = subprocess.run(
            [sys.executable, PROGRAM, *map(str, arguments)],
            env={**kept, "DEEPSEEK_ADMIN_KEY": KEY, "XDG_STATE_HOME": str(self.folder), "COLUMNS": "100", **variables},
            input=typed, capture_output=True, text=True, timeout=BOUND, check=False,
        )  # fmt: skip
        self.assertNotIn("Traceback", done.stderr)
        return done

    def refused(self, status, sentence, *arguments, **how):
        done = self.run_program(*arguments, **how)
        self.assertEqual((status, ""), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, sentence)
        self.assertEqual(1, len(done.stderr.splitlines()))
        return done


def commands(parser, words=()):
    """Every command there is, as its words and its parser."""
    inner = [action for action in parser._actions if hasattr(action, "choices") and isinstance(action.choices, dict)]
    if not inner:
        yield words, parser
    for action in inner:
        for word, one in action.choices.items():
            yield from commands(one, (*words, word))


class Help(WithFolder):
    def test_every_command_explains_each_of_its_options_and_shows_an_example_that_parses(self):
        found = dict(commands(program.parser()))
        self.assertIn(("keys", "rotate"), found)
        self.assertIn(("audit",), found)
        for words, parser in found.items():
            with self.subTest(" ".join(words)):
                for action in parser._actions:
                    self.assertTrue(action.help, action)
                example = re.search(r"example:\n  deepseek-admin (.*?)\n\n", parser.format_help(), re.S).group(1)
                typed = self.shell_words(example)
                self.assertEqual(list(words), typed[: len(words)])
                program.parser().parse_args(typed)
                self.assertIn(failure.STATUSES, parser.format_help())

    def shell_words(self, line):
        """As a shell takes it apart, whatever it is redirected to."""
        words = self.folder / "words"
        take = "take() { printf '%s\\0' \"$@\" >\"$WORDS\"; }; take " + line
        subprocess.run(["bash", "-c", take], cwd=self.folder, env={**os.environ, "WORDS": str(words)}, check=True)
        return words.read_text().split("\0")[:-1]

    def test_the_document_tells_the_same_exit_statuses(self):
        documented = re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "docs" / "administration.md").read_text(), re.M)
        self.assertEqual(re.findall(r"(\d+) +(.*)", failure.STATUSES), documented)

    def test_help_is_no_failure_and_no_command_is_wrong_usage(self):
        self.assertEqual(0, self.run_program("--help").returncode)
        self.assertEqual(2, self.run_program().returncode)
        self.assertEqual(2, self.run_program("tenants", "list", "--none").returncode)


class WhereNobodyAnswers(WithFolder):
    def test_a_port_that_is_closed(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.refused(6, r"^error: http://127.0.0.1:\d+ does not answer: .*refused", "tenants", "list", "--address", f"http://127.0.0.1:{port}")

    def test_a_name_that_is_not_known(self):
        self.refused(6, "^error: https://auth.invalid does not answer: ", "tenants", "list", "--address", "https://auth.invalid", https_proxy="", HTTPS_PROXY="")

    def test_something_that_is_not_http(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def greet():
                connection, _ = server.accept()
                connection.recv(10_000)
                connection.sendall(b"220 mail.example.com ESMTP\r\n")
                connection.close()

            threading.Thread(target=greet, daemon=True).start()
            self.refused(6, "does not answer: 220 mail", "tenants", "list", "--address", f"http://127.0.0.1:{server.getsockname()[1]}")

    def test_an_answer_that_is_cut_off(self):
        with serving(always(200, '{"data":', **{"content-length": "1000", "connection": "close"})) as (address, _):
            self.refused(6, "does not answer: IncompleteRead", "tenants", "list", "--address", address)


class WhereSomethingElseAnswers(WithFolder):
    def test_each_is_told_from_auth_service(self):
        for body in ("<html>", "", "[]", "{}", '{"data":1}', '{"data":[1]}', b"\xff\xfe"):
            for command in (["tenants", "list"], ["tenants", "change", "a", "--name", "b"]):
                with self.subTest(body), serving(always(200, body)) as (address, _):
                    self.refused(6, "answers something else than auth-service does|is it auth-service's", *command, "--address", address)

    def test_an_error_without_a_sentence_tells_its_status(self):
        with serving(always(502, "<html>Bad Gateway</html>")) as (address, _):
            self.refused(6, "the answer is 502 Bad Gateway, and not auth-service's own", "tenants", "list", "--address", address)

    def test_a_redirect_is_not_followed_with_the_key(self):
        with serving(always(200, '{"data":[]}')) as (there, asked):
            with serving(always(302, "", location=there + "/v1/admin/tenants")) as (address, _):
                self.refused(1, f"redirects to {there}", "tenants", "list", "--address", address)
            self.assertEqual([], asked)


class WhatTheServiceSays(WithFolder):
    def test_its_own_sentence_is_shown_and_its_status_is_the_exit_status(self):
        for http_status, status in {400: 1, 401: 3, 403: 3, 404: 4, 409: 5, 412: 5, 422: 1, 429: 6, 503: 6}.items():
            body = json.dumps({"error": {"message": f"Sentence {http_status}.", "code": "some_code"}})
            with self.subTest(http_status), serving(always(http_status, body)) as (address, _):
                self.refused(status, f"^error: Sentence {http_status}.$", "tenants", "list", "--address", address)

    def test_what_is_missing_besides_a_second_factor_is_not_asked_for_by_a_script(self):
        body = json.dumps({"error": {"message": "Show a second factor.", "code": "second_factor_required"}})
        with serving(always(401, body)) as (address, asked):
            self.refused(3, "^error: Show a second factor.$", "tenants", "list", "--address", address)
        self.assertEqual([("GET", "/v1/admin/tenants?limit=1000", f"Bearer {KEY}", b"")], asked)

    def test_all_pages_are_one_list_for_a_program(self):
        pages = {"/v1/admin/keys?limit=1000": {"data": [{"id": "a"}], "next": "a b"}, "/v1/admin/keys?limit=1000&after=a+b": {"data": [{"id": "c"}]}}
        with serving(lambda method, path: (200, {}, json.dumps(pages[path]).encode())) as (address, _):
            done = self.run_program("keys", "list", "--json", DEEPSEEK_ADMIN_ADDRESS=address)
        self.assertEqual({"data": [{"id": "a"}, {"id": "c"}]}, json.loads(done.stdout))

    def test_a_name_cannot_write_to_the_terminal_nor_into_a_spreadsheet(self):
        body = json.dumps({"data": [{"id": "a", "name": "=1+1\u001b[2J"}]})
        with serving(always(200, body)) as (address, _):
            shown = self.run_program("tenants", "list", "--address", address)
            csv = self.run_program("tenants", "list", "--csv", "--address", address)
        self.assertIn("=1+1?[2J", shown.stdout)
        self.assertIn("'=1+1?[2J", csv.stdout)

    def test_a_terminal_without_the_letters_gets_their_numbers(self):
        with serving(always(200, json.dumps({"data": [{"id": "a", "name": "岡"}]}))) as (address, _):
            done = self.run_program("tenants", "list", "--address", address, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        self.assertIn(r"\u5ca1", done.stdout)

    def test_options_may_stand_before_the_command_or_after_it(self):
        with serving(always(200, '{"data":[]}')) as (address, asked):
            for arguments in (["--address", address, "--json", "tenants", "list"], ["tenants", "list", "--json", "--address", address]):
                self.assertEqual({"data": []}, json.loads(self.run_program(*arguments).stdout))
        self.assertEqual(2, len(asked))


class Single(WithFolder):
    def test_an_issuer_is_entered_with_what_was_named(self):
        (self.folder / "secret").write_text("s3cret\n")
        with serving(always(201, '{"id":"i"}')) as (address, asked):
            done = self.run_program(
                "issuers", "create", "https://sso.example.com", "--tenant", "t", "--audience", "a", "--role", "boss=admin",
                "--client-id", "c", "--client-secret-file", self.folder / "secret", "--address", address,
            )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(
            {"url": "https://sso.example.com", "tenant": "t", "audiences": ["a"], "roles": {"boss": "admin"},
             "introspection": {"clientId": "c", "clientSecret": "s3cret"}},
            json.loads(asked[0][3]),
        )  # fmt: skip

    def test_half_of_an_introspection_is_wrong_usage(self):
        named = ["issuers", "create", "https://sso.example.com", "--tenant", "t", "--audience", "a"]
        self.refused(2, "go together", *named, "--client-id", "c")
        self.refused(2, "need --client-id", *named, "--every-token")
        self.refused(2, "--client-secret-file /none: No such file", *named, "--client-id", "c", "--client-secret-file", "/none")

    def test_checkpoints_are_asked_for_until_there_are_no_more(self):
        def line(number):
            return json.dumps({"checkpoint": json.dumps({"number": number}), "signature": ""}) + "\n"

        rest = {"1": line(1) + line(2), "3": line(3), "4": ""}
        with serving(lambda method, path: (200, {}, rest[path.rpartition("=")[2]].encode())) as (address, _):
            done = self.run_program("audit-checkpoints", "--address", address)
        self.assertEqual(line(1) + line(2) + line(3), done.stdout)

    def test_an_export_is_passed_on_byte_for_byte(self):
        book = "".join(f'{{"n":{n},"name":"岡"}}\n' for n in range(20_000))
        with serving(always(200, book)) as (address, asked):
            done = self.run_program("audit-export", "--address", address)
        self.assertEqual(book, done.stdout)
        self.assertEqual("/v1/admin/audit/export", asked[0][1])

    def test_an_elevation_counts_where_it_cannot_be_remembered(self):
        (self.folder / "file").write_text("")
        with serving(always(201, '{"key":"0123456789ab","expiresAt":"2099-01-01T00:00:00Z"}')) as (address, _):
            done = self.run_program("elevate", "--code", "123456", "--address", address, XDG_STATE_HOME=str(self.folder / "file"))
        self.assertEqual(0, done.returncode)
        self.assertIn("2099-01-01", done.stdout)
        self.assertRegex(done.stderr, "^warning: until when is not remembered in ")

    def test_an_audit_is_not_searched_by_what_is_no_name(self):
        done = self.run_program("audit", "acton=keys.create")
        self.assertEqual(2, done.returncode)
        self.assertIn("'acton' is none of from, to, tenant", done.stderr)

    def test_no_code_is_wrong_usage(self):
        self.refused(2, "^error: no code: ", "elevate")

    def test_a_reader_that_has_enough_is_no_failure(self):
        body = json.dumps({"data": [{"id": str(n)} for n in range(50_000)]})
        with serving(always(200, body)) as (address, _):
            line = f'"{sys.executable}" "{PROGRAM}" tenants list --address {address} | head -n 1; exit "${{PIPESTATUS[0]}}"'
            done = subprocess.run(["bash", "-c", line], env={**os.environ, "DEEPSEEK_ADMIN_KEY": KEY}, capture_output=True, text=True, timeout=BOUND, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))


class AddressAndKey(WithFolder):
    def test_what_is_no_address_is_wrong_usage(self):
        for address in ("auth.example.com", "ftp://auth.example.com", "http://[::1", "https://host:port", "https://", "https://a b"):
            with self.subTest(address):
                self.refused(2, "^error: '.*' is no address such as https://auth.example.com.$", "--address", address, "tenants", "list")

    def test_a_key_goes_readable_to_no_other_machine(self):
        self.refused(2, "would send the key readable", "--address", "http://203.0.113.9", "tenants", "list")

    def test_a_file_that_holds_no_key_is_named(self):
        (self.folder / "empty").write_text("\n")
        (self.folder / "two").write_text("sk-live_a\nsk-live_b\n")
        (self.folder / "bytes").write_bytes(b"\xff\xfe\x00")
        for file, sentence in {"none": "No such file", "empty": "the key is empty", "two": "not one line of ASCII", "bytes": "no text", ".": "Is a directory"}.items():
            with self.subTest(file):
                self.refused(2, sentence, "--key-file", self.folder / file, "tenants", "list")

    def test_a_key_is_read_from_standard_input(self):
        with serving(always(200, '{"data":[]}')) as (address, asked):
            self.run_program("tenants", "list", "--key-file", "-", "--address", address, typed="sk-other\n")
        self.assertEqual("Bearer sk-other", asked[0][2])

    def test_a_run_elsewhere_is_found_by_its_folder_and_port(self):
        (self.folder / "admin-key").write_text("sk-run\n")
        with serving(always(200, '{"data":[]}')) as (address, asked):
            done = self.run_program("tenants", "list", DEEPSEEK_ADMIN_KEY="", RUN_DIR=str(self.folder), AUTH_PORT=address.rpartition(":")[2])
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("Bearer sk-run", asked[0][2])


class Certificates(WithFolder):
    def setUp(self):
        super().setUp()
        if not shutil.which("openssl"):
            self.skipTest("no openssl here: certificates were not tried")
        self.chain = self.folder / "chain.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "key.pem", "-out", self.chain],
            check=True, capture_output=True,
        )  # fmt: skip
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.chain, self.folder / "key.pem")

    def test_one_of_an_unknown_authority_is_refused_until_it_is_named(self):
        with serving(always(200, '{"data":[]}'), self.context) as (address, asked):
            self.refused(6, r"its certificate is not trusted \(self.signed.*--ca-file FILE", "tenants", "list", "--address", address)
            self.assertEqual([], asked)
            done = self.run_program("tenants", "list", "--address", address, "--ca-file", self.chain)
            self.assertEqual(0, done.returncode, done.stderr)

    def test_one_of_another_name_is_refused(self):
        with serving(always(200, '{"data":[]}'), self.context) as (address, _):
            other = address.replace("127.0.0.1", "localhost")
            self.refused(6, r"its certificate is not trusted \(.*localhost", "tenants", "list", "--address", other, "--ca-file", self.chain)

    def test_a_port_without_tls_is_told(self):
        with serving(always(200, '{"data":[]}')) as (address, _):
            self.refused(6, "does it speak https there", "tenants", "list", "--address", address.replace("http:", "https:"))

    def test_a_file_without_certificates_is_wrong_usage(self):
        (self.folder / "text").write_text("no certificate\n")
        for file, sentence in {"none": "No such file", "text": "holds no certificate in PEM"}.items():
            self.refused(2, f"--ca-file .*: {sentence}", "tenants", "list", "--address", "https://auth.example.com", "--ca-file", self.folder / file)


if __name__ == "__main__":
    unittest.main()
