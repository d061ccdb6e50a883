"""The administration of auth-service at one address, asked with one key, over HTTP."""

import http.client
import ipaddress
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

from failure import REFUSED, UNAVAILABLE, USAGE, Failure, status_of

PATIENCE = 60  # seconds without a byte
PIECE = 1 << 16  # bytes
PAGE = 1000  # rows; the most that the service gives at once


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to wherever it points."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        return None


class Answer(dict):
    """A JSON object; to ask it for what it does not have means that it is not auth-service's."""

    def __missing__(self, name):
        raise Failure(UNAVAILABLE, f"the answer has no '{name}': is it auth-service's?")


class Service:
    def __init__(self, address, key, ca_file=None, plain_http=False):
        self.address = address.rstrip("/")
        self.key = printable(key)
        scheme, host = parts(address)
        if scheme == "http" and not is_loopback(host) and not plain_http:
            raise Failure(
                USAGE,
                f"{address} would send the key readable for everybody on the way: use https, or"
                " --plain-http where the network is trusted.",
            )
        handlers = [NoRedirects()]
        if is_loopback(host):
            handlers.append(urllib.request.ProxyHandler({}))
        if scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=trust(ca_file)))
        self.opener = urllib.request.build_opener(*handlers)

    @property
    def key_id(self):
        """The public part, or nothing for a token."""
        parts = self.key.split("_")
        return parts[1] if self.key.startswith("sk-") and len(parts) == 4 else ""

    def send(self, method, path, query=None, body=None, tag=None):
        """The answer's text."""
        with self.opened(method, path, query, body, tag) as response:
            try:
                return response.read().decode()
            except UnicodeDecodeError:
                raise self.stranger() from None
            except (OSError, http.client.HTTPException) as error:
                raise self.silent(error) from None

    def pieces(self, path, query=None):
        """The bytes of a long answer, as they come; one that is cut off is a failure."""
        with self.opened("GET", path, query) as response:
            try:
                while piece := response.read(PIECE):
                    yield piece
            except (OSError, http.client.HTTPException) as error:
                raise self.silent(error) from None

    def opened(self, method, path, query=None, body=None, tag=None):
        """The answer, to be read by whoever asked."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = self.address + path + ("?" + urllib.parse.urlencode(given) if given else "")
        headers = {"authorization": "Bearer " + self.key, "user-agent": "deepseek-admin"}
        if body is not None:
            headers["content-type"] = "application/json"
        if tag is not None:
            headers["if-match"] = f'"{tag}"'
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            return self.opener.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            raise self.refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise self.silent(error) from None

    def ask(self, method, path, query=None, body=None, tag=None):
        """The answer as a JSON object."""
        try:
            answer = json.loads(self.send(method, path, query, body, tag), object_hook=Answer)
        except ValueError:
            raise self.stranger() from None
        if not isinstance(answer, Answer):
            raise self.stranger()
        return answer

    def page(self, path, query=None):
        """One page of a list: `data`, and `next` where there is another."""
        answer = self.ask("GET", path, query)
        rows = answer["data"]
        if not isinstance(rows, list) or not all(isinstance(row, Answer) for row in rows):
            raise self.stranger()
        return answer

    def rows(self, path, query=None):
        """The rows of a list that has no pages."""
        return self.page(path, query)["data"]

    def all(self, path, query=None):
        """The rows of all pages."""
        rows, after = [], None
        while True:
            page = self.page(path, {"limit": PAGE, **(query or {}), "after": after})
            rows += page["data"]
            after = page.get("next")
            if after is None:
                return rows

    def refusal(self, error):
        """What the service says of an error; where it says nothing, what its status tells."""
        if 300 <= error.code < 400:
            target = error.headers.get("location") or "elsewhere"
            return Failure(REFUSED, f"{self.address} redirects to {target}, where the key is not sent: give the address itself.")
        try:
            told = json.loads(error.read().decode())["error"]
            return Failure(status_of(error.code), told["message"], told.get("code") or "")
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return Failure(
                status_of(error.code),
                f"the answer is {error.code} {error.reason}, and not auth-service's own: see whether"
                f" {self.address} is its address, and what stands before it.",
            )

    def silent(self, error):
        reason = getattr(error, "reason", error)
        hint = ""
        if isinstance(reason, ssl.SSLCertVerificationError):
            hint = f" ({reason.verify_message}); --ca-file FILE trusts an authority of your own"
            reason = "its certificate is not trusted"
        elif isinstance(reason, ssl.SSLError):
            hint = "; does it speak https there?"
        told = " ".join(str(reason).split()) or type(reason).__name__
        return Failure(UNAVAILABLE, f"{self.address} does not answer: {told}{hint}")

    def stranger(self):
        return Failure(UNAVAILABLE, f"{self.address} answers something else than auth-service does: is it the address of another?")


def parts(address):
    """Scheme and host of an address."""
    try:
        split = urllib.parse.urlsplit(address)
        scheme, host, _ = split.scheme, split.hostname or "", split.port
    except ValueError:  # brackets without an end, a port that is no number
        scheme, host = "", ""
    if scheme not in ("http", "https") or not host or any(c <= " " or c > "~" for c in address):
        raise Failure(USAGE, f"'{address}' is no address such as https://auth.example.com.")
    return scheme, host


def is_loopback(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def printable(key):
    if not key:
        raise Failure(USAGE, "the key is empty: set DEEPSEEK_ADMIN_KEY_FILE or --key-file to a file that holds one.")
    if any(c <= " " or c > "~" for c in key):
        raise Failure(USAGE, "the key is not one line of ASCII: is it the right file?")
    return key


def trust(ca_file):
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one
        reason = "holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise Failure(USAGE, f"--ca-file {ca_file}: {reason}.") from None


def segment(text):
    """A name as part of a path."""
    return urllib.parse.quote(text, safe="")
