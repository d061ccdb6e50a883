"""Your own second factor: an administrator's key opens nothing without it."""

import getpass
import os
import sys

import elevation
from commands import identified
from failure import USAGE, Failure
from shown import done, show_one
from thing import run_delete, run_list_unpaged

OWN = "/v1/admin/second-factor"
ELEVATIONS = "/v1/admin/elevations"


def declare(commands):
    for name, text, run, example in (
        ("elevate", "prove the second factor: the key is enough for a while, from here", run_elevate, "--code 123456"),
        ("confirm", "show the first code of a new second factor; shows recovery codes once", run_confirm, ""),
    ):
        one = commands.single(name, text, run, example)
        one.add_argument("--code", help="default: DEEPSEEK_ADMIN_CODE, or it is asked for")
    commands.single("lower", "end what elevate began", run_lower, "")
    commands.single("status", "your own second factor, and until when the key is elevated", run_status, "--json")
    commands.single("recovery-codes", "make new recovery codes in place of the old ones", run_recovery_codes, "")
    verb = commands.group("elevations", "keys that are elevated", ELEVATIONS)
    verb(
        "list",
        "those that hold",
        run_list_unpaged,
        "",
        columns=["id", "user", "key", "address", "method", "expiresAt"],
    )
    identified(verb("revoke", "end one", run_delete, "ELEVATION", said="Elevation {id} is over."))


def code_of(args):
    code = args.code or os.environ.get("DEEPSEEK_ADMIN_CODE")
    if code:
        return code
    if interactive():
        try:
            return getpass.getpass("Code of your authenticator app, or a recovery code: ").strip()
        except EOFError:
            pass
    else:
        code = sys.stdin.readline().strip() if sys.stdin else ""
    if not code:
        raise Failure(USAGE, "no code: type one, or set --code or DEEPSEEK_ADMIN_CODE.")
    return code


def interactive():
    return bool(sys.stdin) and sys.stdin.isatty()


def elevate(service, code):
    answer = service.ask("POST", ELEVATIONS, body={"code": code})
    elevation.keep(service, answer)
    return answer


def run_elevate(service, args):
    show_one(args, elevate(service, code_of(args)))


def run_lower(service, args):
    service.send("DELETE", f"{ELEVATIONS}/current")
    elevation.forget()
    done(args, "The key is elevated no more.")


def run_status(service, args):
    factor = service.ask("GET", OWN)
    factor["elevatedUntil"] = elevation.until(service)
    show_one(args, factor)


def run_confirm(service, args):
    answer = service.ask("POST", f"{OWN}/confirmation", body={"code": code_of(args)})
    elevation.keep(service, answer["elevation"])
    show_codes(args, answer)


def run_recovery_codes(service, args):
    show_codes(args, service.ask("POST", f"{OWN}/recovery-codes"))


def show_codes(args, answer):
    if args.json:
        show_one(args, answer)
        return
    print("Recovery codes, each good once, shown this once. Keep them where the phone is not:")
    for code in answer["recoveryCodes"]:
        print("  " + code)
