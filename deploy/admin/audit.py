"""What was done and by whom."""

import argparse
import json
import sys

from shown import show_rows
from typed import assignment, whole

AUDIT = "/v1/admin/audit"
PAGE = 100  # events; as many as the service gives at once unless more are asked for
SEARCHED = ("from", "to", "tenant", "actor", "action", "object", "outcome", "source", "correlation")


def declare(commands):
    one = commands.single(
        "audit",
        "what was done and by whom",
        run_audit,
        "action=keys.create from=2027-01-01T00:00:00Z",
    )
    one.add_argument(
        "filters",
        nargs="*",
        type=search,
        metavar="NAME=VALUE",
        help=", ".join(SEARCHED) + ", such as action=keys.create",
    )
    one.add_argument("--limit", type=whole, default=100, metavar="NUMBER", help="of events at most; default 100")

    commands.single(
        "audit-export",
        "the whole book, one JSON object a line, for `make audit-verify`",
        run_export,
        "> book.jsonl",
    )
    one = commands.single(
        "audit-checkpoints",
        "the signed checkpoints, one a line; kept elsewhere they show a book that was cut off",
        run_checkpoints,
        ">> checkpoints.jsonl",
    )
    one.add_argument("--from", dest="since", type=whole, metavar="NUMBER", help="of the first one; default 1")


def search(text):
    """The service looks over a name that it does not know, and the answer would be everything."""
    name, value = assignment(text)
    if name not in SEARCHED:
        raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(SEARCHED)}")
    return name, value


def run_audit(service, args):
    query, rows, page = dict(args.filters), [], {}
    while len(rows) < args.limit:
        query["limit"] = min(args.limit - len(rows), PAGE)
        page = service.page(AUDIT, query)
        rows += page["data"]
        query["after"] = page.get("next")
        if query["after"] is None:
            break
    show_rows(args, rows, ["time", "actor", "source", "action", "object", "outcome", "correlation"])
    if page.get("seenBy"):
        print(page["seenBy"], file=sys.stderr)


def run_export(service, args):
    """A book may be larger than memory: it goes through in pieces."""
    for piece in service.pieces(f"{AUDIT}/export"):
        sys.stdout.buffer.write(piece)


def run_checkpoints(service, args):
    """The service gives a thousand at once; the last line says where the next thousand begin."""
    since = 1 if args.since is None else args.since
    while True:
        text = service.send("GET", f"{AUDIT}/checkpoints", {"from": since})
        try:
            numbers = [json.loads(json.loads(line)["checkpoint"])["number"] for line in text.splitlines()]
        except (ValueError, KeyError, TypeError):
            raise service.stranger() from None
        if not numbers:
            return
        sys.stdout.write(text)
        since = numbers[-1] + 1
