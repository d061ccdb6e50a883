"""What ends a command: a sentence for whoever typed it and a status for the script that called it."""

OK, REFUSED, USAGE, UNAUTHORIZED, NOT_FOUND, CONFLICT, UNAVAILABLE = range(7)
INTERRUPTED = 130  # as a shell says of what Ctrl-C ended

# What the help shows; a test holds it against docs/administration.md.
STATUSES = """\
  0    done
  1    refused: what was asked for is wrong
  2    wrong usage: an option, a file, an address or a key as it cannot be
  3    not allowed: the key is not good, may not do this, or a second factor is missing
  4    there is no such thing
  5    somebody else was first: it exists, or has changed since it was read
  6    no answer, or one that says to try again later
  130  interrupted"""


class Failure(Exception):
    def __init__(self, status, message, code=""):
        super().__init__(message)
        self.status = status
        self.code = code


def status_of(http):
    """What an HTTP status of the service means here."""
    if http in (401, 403):
        return UNAUTHORIZED
    if http == 404:
        return NOT_FOUND
    if http in (409, 412):
        return CONFLICT
    if http == 429 or http >= 500:
        return UNAVAILABLE
    return REFUSED
