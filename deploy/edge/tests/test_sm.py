"""The SM profile (RFC 8998): Tongsuo, a TLS library that has TLS_SM4_GCM_SM3, is told what nginx/tls-sm.conf
tells one, ends TLS by it, and clients that have SM algorithms alone, none of them, or only TLS 1.2 come."""

import contextlib
import ctypes
import os
import pathlib
import re
import socket
import ssl
import tempfile
import threading
import unittest

from edge import ROOT, openssl

LIBRARY = os.environ.get("TONGSUO")
CONFIGURATION = ROOT / "deploy/edge/nginx/tls-sm.conf"
PEM, CONF_FILE, CONF_CLIENT, CONF_SERVER, PREFER_SERVER = 1, 0x2, 0x4, 0x8, 0x00400000
VERIFY_PEER = 1


def functions(path):
    """The few of the library's functions that are called here, with their types."""
    library, pointer, text, number = ctypes.CDLL(path), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, *arguments in (
        ("TLS_method", pointer),
        ("SSL_CTX_new", pointer, pointer),
        ("SSL_CTX_set_options", ctypes.c_ulong, pointer, ctypes.c_ulong),
        ("SSL_CTX_use_certificate_chain_file", number, pointer, text),
        ("SSL_CTX_use_PrivateKey_file", number, pointer, text, number),
        ("SSL_CTX_load_verify_locations", number, pointer, text, text),
        ("SSL_CTX_set_verify", None, pointer, number, pointer),
        ("SSL_CTX_enable_sm_tls13_strict", None, pointer),
        ("SSL_CONF_CTX_new", pointer),
        ("SSL_CONF_CTX_free", None, pointer),
        ("SSL_CONF_CTX_set_flags", ctypes.c_uint, pointer, ctypes.c_uint),
        ("SSL_CONF_CTX_set_ssl_ctx", None, pointer, pointer),
        ("SSL_CONF_cmd", number, pointer, text, text),
        ("SSL_new", pointer, pointer),
        ("SSL_free", None, pointer),
        ("SSL_set_fd", number, pointer, number),
        ("SSL_accept", number, pointer),
        ("SSL_connect", number, pointer),
        ("SSL_read", number, pointer, pointer, number),
        ("SSL_write", number, pointer, text, number),
        ("SSL_get_version", text, pointer),
        ("SSL_get_current_cipher", pointer, pointer),
        ("SSL_CIPHER_get_name", text, pointer),
        ("SSL_get_verify_result", ctypes.c_long, pointer),
        ("ERR_clear_error", None),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Context:
    """What connections of one side share."""

    def __init__(self, library, flags, commands):
        self.library = library
        self.handle = library.SSL_CTX_new(library.TLS_method())
        configuration = library.SSL_CONF_CTX_new()
        library.SSL_CONF_CTX_set_flags(configuration, CONF_FILE | flags)
        library.SSL_CONF_CTX_set_ssl_ctx(configuration, self.handle)
        for name, value in commands:
            done = library.SSL_CONF_cmd(configuration, name.encode(), value.encode())
            assert done > 0, f"{name} {value}: the library takes it not ({done})"
        library.SSL_CONF_CTX_free(configuration)

    @contextlib.contextmanager
    def over(self, plain):
        connection = self.library.SSL_new(self.handle)
        try:
            self.library.ERR_clear_error()
            self.library.SSL_set_fd(connection, plain.fileno())
            yield connection
        finally:
            self.library.SSL_free(connection)


@unittest.skipUnless(LIBRARY, "no TLS library with TLS_SM4_GCM_SM3 here: the SM profile was not tried")
class SmProfileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for name, key in (("sm2-", ["-newkey", "sm2", "-sm3"]), ("", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])):
            openssl("req", "-x509", *key, "-nodes", "-days", "2", "-subj", f"/CN={name}localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", cls.folder / f"{name}privkey.pem", "-out", cls.folder / f"{name}fullchain.pem")  # fmt: skip
        cls.library = functions(LIBRARY)
        cls.server = cls.profile()
        cls.listening = socket.create_server(("127.0.0.1", 0))
        cls.thread = threading.Thread(target=cls.serve)
        cls.thread.start()
        cls.addClassCleanup(cls.stop)

    @classmethod
    def profile(cls):
        """A context that is told what tls-sm.conf tells nginx's."""
        lines = re.findall(r"^(\w+) ([^;]+);", CONFIGURATION.read_text(), re.M)
        told = dict(lines)
        assert told["ssl_protocols"] == "TLSv1.3", told
        commands = [tuple(value.split(" ", 1)) for name, value in lines if name == "ssl_conf_command"]
        commands += [("MinProtocol", told["ssl_protocols"]), ("Curves", told["ssl_ecdh_curve"])]
        context = Context(cls.library, CONF_SERVER, commands)
        if told["ssl_prefer_server_ciphers"] == "on":
            cls.library.SSL_CTX_set_options(context.handle, PREFER_SERVER)
        for name, value in lines:
            path = str(cls.folder / pathlib.Path(value).name).encode()
            if name == "ssl_certificate":
                assert cls.library.SSL_CTX_use_certificate_chain_file(context.handle, path) == 1, value
            elif name == "ssl_certificate_key":
                assert cls.library.SSL_CTX_use_PrivateKey_file(context.handle, path, PEM) == 1, value
        return context

    @classmethod
    def serve(cls):
        """Sends each byte back that comes first, until nobody can come any more."""
        while True:
            try:
                plain, _ = cls.listening.accept()
            except OSError:
                return
            plain.setblocking(True)
            with plain, cls.server.over(plain) as connection:
                received = ctypes.create_string_buffer(1)
                if cls.library.SSL_accept(connection) == 1 and cls.library.SSL_read(connection, received, 1) == 1:
                    cls.library.SSL_write(connection, received.raw, 1)

    @classmethod
    def stop(cls):
        cls.listening.shutdown(socket.SHUT_RDWR)
        cls.listening.close()
        cls.thread.join()

    def connected(self):
        plain = socket.create_connection(self.listening.getsockname())
        plain.setblocking(True)
        return plain

    def sm_client(self, suite="TLS_SM4_GCM_SM3"):
        commands = [("MinProtocol", "TLSv1.3"), ("Ciphersuites", suite), ("Curves", "SM2"), ("SignatureAlgorithms", "sm2sig_sm3")]
        client = Context(self.library, CONF_CLIENT, commands)
        self.library.SSL_CTX_enable_sm_tls13_strict(client.handle)
        self.library.SSL_CTX_set_verify(client.handle, VERIFY_PEER, None)
        assert self.library.SSL_CTX_load_verify_locations(client.handle, str(self.folder / "sm2-fullchain.pem").encode(), None) == 1
        return client

    def testAClientOfSmAlgorithmsAloneIsAnsweredByThem(self):
        with self.connected() as plain, self.sm_client().over(plain) as connection:
            self.assertEqual(self.library.SSL_connect(connection), 1)
            self.assertEqual(self.library.SSL_get_version(connection), b"TLSv1.3")
            self.assertEqual(self.library.SSL_CIPHER_get_name(self.library.SSL_get_current_cipher(connection)), b"TLS_SM4_GCM_SM3")
            self.assertEqual(self.library.SSL_get_verify_result(connection), 0, "the certificate with an SM2 key")
            self.assertEqual(self.library.SSL_write(connection, b"x", 1), 1)
            received = ctypes.create_string_buffer(1)
            self.assertEqual((self.library.SSL_read(connection, received, 1), received.raw), (1, b"x"))

    def testAClientWithoutSmAlgorithmsIsAnsweredByTheOthers(self):
        client = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        with self.connected() as plain, client.wrap_socket(plain, server_hostname="localhost") as secure:
            self.assertEqual((secure.version(), secure.cipher()[0]), ("TLSv1.3", "TLS_AES_256_GCM_SHA384"))
            secure.sendall(b"y")
            self.assertEqual(secure.recv(1), b"y")

    def testTls12AndASuiteThatIsNotNamedAreRefused(self):
        old = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.connected() as plain, self.assertRaises(ssl.SSLError):
            old.wrap_socket(plain, server_hostname="localhost")
        with self.connected() as plain, self.sm_client("TLS_SM4_CCM_SM3").over(plain) as connection:
            self.assertLessEqual(self.library.SSL_connect(connection), 0)


if __name__ == "__main__":
    unittest.main()
