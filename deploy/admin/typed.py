"""What is typed on a command line: numbers, times, NAME=VALUE."""

import argparse
import re

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def whole(text):
    if not re.fullmatch(r"[0-9]+", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number")
    return int(text)


def span(text):
    """90s, 15m, 24h, 7d: seconds."""
    found = re.fullmatch(r"([0-9]+)([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is no time such as 90s, 15m, 24h or 7d")
    return int(found[1]) * SECONDS[found[2]]


def assignment(text):
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def limit(text):
    name, value = assignment(text)
    return name, whole(value)


def given(**fields):
    """The fields that were named; the service keeps or chooses the others."""
    return {name: value for name, value in fields.items() if value is not None}
