"""What was used and what it costs: reports and prices."""

import sys

from commands import tagged
from shown import done, show_one, show_rows
from thing import run_list_unpaged
from typed import given, whole

DIMENSIONS = "day,tenant,user,key,model"
COUNTED = ["requests", "promptTokens", "cachedTokens", "completionTokens", "chargedTokens", "chargedMoney"]


def declare(commands):
    verb = commands.group("prices", "prices in millionths of the currency for a million tokens", "/v1/admin/prices")
    verb(
        "list",
        "all prices; model * holds for the rest",
        run_list_unpaged,
        "",
        columns=["model", "prompt", "cached", "completion"],
    )
    one = verb(
        "set",
        "set a model's price",
        run_prices_set,
        "deepseek-v3 --prompt 270000 --cached 70000 --completion 1100000",
    )
    one.add_argument("model", metavar="MODEL", help="its id; '*' for all without a price of their own")
    one.add_argument("--prompt", type=whole, required=True, help="of tokens that were read")
    one.add_argument("--cached", type=whole, help="of tokens that were read before; default: as --prompt")
    one.add_argument("--completion", type=whole, required=True, help="of tokens that were written")
    tagged(one)
    one = verb("remove", "take a model's price away", run_prices_remove, "deepseek-v3")
    one.add_argument("model", metavar="MODEL", help="its id, or '*'")
    tagged(one)

    one = commands.single(
        "usage",
        "what was used, by day, tenant, user, key and model",
        run_usage,
        "--from 2027-01-01 --by day,key,model --csv > january.csv",
    )
    one.add_argument("--from", dest="since", metavar="DAY", help="such as 2027-01-01; default: the first of the month of --to")
    one.add_argument("--to", metavar="DAY", help="the last one; default: today; days are those of UTC")
    for name in ("tenant", "user", "key"):
        one.add_argument("--" + name, metavar="ID", help=f"of this {name} alone")
    one.add_argument("--model", help="of this model alone")
    one.add_argument("--by", help=f"what lines are told apart by, such as day,key,model; default: {DIMENSIONS}")


def run_prices_set(service, args):
    body = given(model=args.model, prompt=args.prompt, cached=args.cached, completion=args.completion)
    show_one(args, service.ask("PUT", args.path, body=body, tag=args.tag))


def run_prices_remove(service, args):
    service.send("DELETE", args.path, {"model": args.model}, tag=args.tag)
    done(args, f"The model '{args.model}' has no price of its own any more.")


def run_usage(service, args):
    query = {name: getattr(args, name) for name in ("to", "tenant", "user", "key", "model", "by")}
    query["from"] = args.since
    if args.csv:
        sys.stdout.write(service.send("GET", "/v1/admin/usage/csv", query))
        return
    show_rows(args, service.all("/v1/admin/usage", query), (args.by or DIMENSIONS).split(",") + COUNTED)
