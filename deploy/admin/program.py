"""From a command line to one question, or a few, and an answer; every way that can go wrong ends in a sentence."""

import os
import sys
from pathlib import Path

import audit
import failure
import issuers
import keys
import limits
import second_factor
import tenants
import usage
import users
from commands import Commands
from failure import UNAVAILABLE, USAGE, Failure
from service import Service

DESCRIPTION = (
    "Administers the DeepSeek platform: tenants, users, keys, limits, weights, prices, usage,\n"
    "audit, single sign-on."
)
EPILOG = f"""\
address and key, as options or by environment:
  --address or DEEPSEEK_ADMIN_ADDRESS; default http://127.0.0.1:8082, or with AUTH_PORT its port
  --key-file or DEEPSEEK_ADMIN_KEY_FILE, or the key itself in DEEPSEEK_ADMIN_KEY;
  default .run/admin-key of this checkout, which `make run` writes (RUN_DIR: another folder)

exit status:
{failure.STATUSES}

examples:
  deepseek-admin tenants create "Acme Ltd" --priority 3
  deepseek-admin users create ann --tenant TENANT --role developer
  deepseek-admin keys create laptop --tenant TENANT --user USER --role developer \\
      --from-address 10.0.0.0/8 --limit tokensPerDay=2000000
  deepseek-admin keys rotate KEY --overlap 24h
  deepseek-admin limits set tenant TENANT requestsPerSecond=50 moneyPerMonth=500000000
  deepseek-admin weights set tenant TENANT 30
  deepseek-admin usage --from 2027-01-01 --by day,key,model --csv > january.csv
  deepseek-admin audit action=keys.create from=2027-01-01T00:00:00Z
  deepseek-admin elevate
deepseek-admin COMMAND VERB --help shows what each takes, with an example.
"""
NOUNS = (tenants, users, keys, limits, usage, audit, issuers, second_factor)


def parser():
    commands = Commands(DESCRIPTION, EPILOG)
    for noun in NOUNS:
        noun.declare(commands)
    return commands.top


def key_of(args):
    file = args.key_file or os.environ.get("DEEPSEEK_ADMIN_KEY_FILE")
    if not file and os.environ.get("DEEPSEEK_ADMIN_KEY"):
        return os.environ["DEEPSEEK_ADMIN_KEY"].strip()
    if file == "-":
        return sys.stdin.readline().strip() if sys.stdin else ""
    path = Path(file) if file else local_run() / "admin-key"
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise Failure(
            USAGE,
            f"no key in {path} ({reason}): set DEEPSEEK_ADMIN_KEY_FILE or --key-file, or start"
            " the platform with `make run`.",
        ) from None


def local_run():
    return Path(os.environ.get("RUN_DIR") or Path(__file__).resolve().parents[2] / ".run")


def address_of(args):
    port = os.environ.get("AUTH_PORT") or "8082"
    return args.address or os.environ.get("DEEPSEEK_ADMIN_ADDRESS") or f"http://127.0.0.1:{port}"


def run(args):
    service = Service(address_of(args), key_of(args), args.ca_file, args.plain_http)
    try:
        args.run(service, args)
    except Failure as refusal:
        if refusal.code != "second_factor_required" or not second_factor.interactive():
            raise
        print(refusal, file=sys.stderr)
        args.code = None
        second_factor.elevate(service, second_factor.code_of(args))
        args.run(service, args)


def main():
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal has no letters for is written as numbers, not refused.
        if stream:
            stream.reconfigure(errors="backslashreplace")
    args = parser().parse_args()
    for option, otherwise in {"json": False, "csv": False, "address": None, "key_file": None, "ca_file": None, "plain_http": False}.items():
        setattr(args, option, getattr(args, option, otherwise))
    try:
        run(args)
        sys.stdout.flush()
    except Failure as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return refusal.status
    except BrokenPipeError:
        # Whoever read has enough, as head does; what is still to be written goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"error: the answer cannot be written: {error.strerror or error}.", file=sys.stderr)
        return UNAVAILABLE
    except KeyboardInterrupt:
        return failure.INTERRUPTED
    return failure.OK
