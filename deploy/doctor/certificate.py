"""When certificates end.

Python tells the dates of a certificate only after it has verified it, and what is expired or signed
by an authority of one's own is not verified. So the dates are read from the certificate itself (X.509
in DER, RFC 5280 section 4.1): the validity is the fourth or fifth member of what is signed.
"""

import datetime
import socket
import ssl

from finding import fail, ok, warn

SOON = 14  # days, as the alert DeepSeekCertificateExpires
SEQUENCE, VERSION, UTC_TIME = 0x30, 0xA0, 0x17


def of_server(address):
    """The certificate of HOST or HOST:PORT, whoever signed it."""
    host, _, port = address.removeprefix("https://").rstrip("/").rpartition(":")
    if not port.isdigit():
        host, port = address.removeprefix("https://").rstrip("/"), "443"
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            with context.wrap_socket(connection, server_hostname=host) as session:
                der = session.getpeercert(binary_form=True)
    except OSError as error:
        return fail(f"https {address}", f"no TLS: {error}", "clients cannot connect", f"openssl s_client -connect {host}:{port}")
    return judged(f"https {address}", der, "certbot renew --force-renewal && systemctl reload nginx")


def judged(subject, der, fix):
    try:
        end = not_after(der)
    except (ValueError, IndexError) as error:
        return warn(subject, f"its certificate cannot be read ({error})", "nobody knows when it ends", "openssl x509 -noout -enddate")
    days = (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400
    if days <= 0:
        return fail(subject, f"the certificate ended on {end:%Y-%m-%d}", "clients refuse it", fix)
    if days < SOON:
        return warn(subject, f"the certificate ends in {days:.0f} days", "its renewal has failed", fix)
    return ok(subject, f"the certificate is good for {days:.0f} days")


def not_after(der):
    certificate = members(der)[0]
    signed = members(members(certificate[1], bare=True)[0][1], bare=True)
    validity = signed[4 if signed[0][0] == VERSION else 3]
    kind, text = members(validity[1], bare=True)[1]
    form = "%y%m%d%H%M%SZ" if kind == UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.datetime.strptime(text.decode(), form).replace(tzinfo=datetime.timezone.utc)


def members(der, bare=False):
    """The (tag, contents) that stand one after the other; of a whole certificate, the outer one."""
    found, at = [], 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(der[at : at + size], "big")
            at += size
        found.append((tag, der[at : at + length]))
        at += length
    if not bare and (len(found) != 1 or found[0][0] != SEQUENCE):
        raise ValueError("not one DER sequence")
    return found
