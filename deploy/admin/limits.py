"""What may be used, and whose turn it is: limits of platform, tenants, users and keys; weights of who waits."""

import argparse

from commands import tagged
from failure import USAGE, Failure
from service import segment
from shown import done, show_one
from thing import run_list_unpaged
from typed import assignment, whole


def declare(commands):
    declare_limits(commands)
    declare_weights(commands)


def of(levels, one, text):
    one.add_argument("level", choices=levels, help="what has it")
    one.add_argument("subject", metavar="ID", help=text)
    return one


def declare_limits(commands):
    def subject(one):
        return of(["platform", "tenant", "user", "key"], one, "'all' for the platform")

    verb = commands.group("limits", "rates and budgets of platform all, tenant ID, user ID, key ID", "/v1/admin/limits")
    verb("list", "all that are set", run_list_unpaged, "", columns=["level", "subject", "limits"])
    subject(verb("show", "those of one", run_show, "tenant TENANT"))
    one = subject(
        verb(
            "set",
            "set some, keep the others",
            run_limits_set,
            "tenant TENANT requestsPerSecond=50 moneyPerMonth=500000000",
        )
    )
    one.add_argument(
        "limits",
        nargs="+",
        type=assignment,
        metavar="NAME=NUMBER",
        help="such as requestsPerSecond=50; NAME=none takes one away",
    )
    one.add_argument("--replace", action="store_true", help="keep no others")
    tagged(one)
    tagged(subject(verb("remove", "take all of one away", run_limits_remove, "key KEY")))


def declare_weights(commands):
    def holder(one):
        return of(["tenant", "user", "key"], one, "as list shows it")

    verb = commands.group(
        "weights",
        "parts of the engine while others wait: of tenants, and of users and keys within theirs",
        "/v1/admin/weights",
    )
    verb("list", "all that are set", run_list_unpaged, "", columns=["level", "subject", "weight"])
    holder(verb("show", "that of one", run_show, "tenant TENANT"))
    one = holder(
        verb("set", "set one: with twice the weight of another it gets twice the tokens", run_weights_set, "tenant TENANT 30")
    )
    one.add_argument("weight", type=whole, help="1 to 100; without one 10, of guests 1")
    tagged(one)
    tagged(holder(verb("remove", "take that of one away", run_weights_remove, "tenant TENANT")))


def path_of(args):
    return f"{args.path}/{segment(args.level)}/{segment(args.subject)}"


def run_show(service, args):
    show_one(args, service.ask("GET", path_of(args)))


def run_limits_set(service, args):
    seen = service.ask("GET", path_of(args))
    limits = {} if args.replace else dict(seen["limits"])
    for name, value in args.limits:
        if value == "none":
            limits.pop(name, None)
        else:
            try:
                limits[name] = whole(value)
            except argparse.ArgumentTypeError as error:
                raise Failure(USAGE, f"{name}: {error}; or none to take the limit away.") from None
    show_one(args, service.ask("PUT", path_of(args), body=limits, tag=args.tag or seen["tag"]))


def run_limits_remove(service, args):
    service.send("DELETE", path_of(args), tag=args.tag)
    done(args, f"{args.level} {args.subject} has no limits of its own any more.")


def run_weights_set(service, args):
    show_one(args, service.ask("PUT", path_of(args), body={"weight": args.weight}, tag=args.tag))


def run_weights_remove(service, args):
    service.send("DELETE", path_of(args), tag=args.tag)
    done(args, f"{args.level} {args.subject} has the usual weight again.")
