"""One thing that was looked at, and what came of it."""

import dataclasses
import enum
import subprocess


class Level(enum.IntEnum):
    """From what is in order to what is wrong."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclasses.dataclass(frozen=True)
class Finding:
    """what: as it is. why: what comes of it. fix: the command that changes it. OK needs neither."""

    level: Level
    subject: str
    what: str
    why: str = ""
    fix: str = ""

    def line(self):
        text = f"{self.level.name:4}  {self.subject}: {self.what}"
        if self.why:
            text += f"; {self.why}"
        if self.fix:
            text += f"; fix: {self.fix}"
        return " ".join(text.split("\n"))

    def members(self):
        return {**dataclasses.asdict(self), "level": self.level.name}


def ok(subject, what):
    return Finding(Level.OK, subject, what)


def warn(subject, what, why, fix):
    return Finding(Level.WARN, subject, what, why, fix)


def fail(subject, what, why, fix):
    return Finding(Level.FAIL, subject, what, why, fix)


def status(found):
    """The exit status: what is only to be looked at is no failure, and a script may go on."""
    return int(any(each.level == Level.FAIL for each in found))


class Unavailable(Exception):
    """A program that is not there, or failed; the text is its last line."""


def output(*command, limit=20):
    """What a command writes; Unavailable where it cannot be had."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise Unavailable(lines[-1])
    return done.stdout
