"""Tenants, and the requests that the audits of those keep which asked for it."""

from commands import changing, identified
from shown import done, show_one
from thing import change, disabled, run_delete, run_list, run_show
from typed import given, whole


def declare(commands):
    verb = commands.group("tenants", "who has people, keys, limits and a cache of their own", "/v1/admin/tenants")
    verb(
        "list",
        "all tenants",
        run_list,
        "",
        query=lambda args: {},
        columns=["id", "name", "priority", "promptBytes", "createdAt", "disabledAt"],
    )
    one = verb("create", "make a tenant", run_create, '"Acme Ltd" --priority 3')
    one.add_argument("name", metavar="NAME", help="that no other tenant has")
    one.add_argument("--priority", type=whole, help="of its requests, 0 first to 9; default 5")
    identified(verb("show", "one tenant", run_show, "TENANT --json"))
    one = changing(
        verb("change", "rename, put before or after others, disable", run_change, "TENANT --disable"),
        "its keys stop working",
    )
    one.add_argument("--priority", type=whole, help="0 first to 9")
    one.add_argument(
        "--keep-prompts",
        type=whole,
        metavar="BYTES",
        help="of each request that its audit keeps at most; 0 for none",
    )
    identified(
        verb(
            "delete",
            "stop all its keys; what it used stays on record",
            run_delete,
            "TENANT",
            said="Tenant {id} is disabled.",
        )
    )

    verb = commands.group("prompts", "requests that the audits of tenants keep which asked for it", "/v1/admin/prompts")
    one = verb(
        "list",
        "what is kept, without its text",
        run_list,
        "--tenant TENANT",
        query=lambda args: {"tenant": args.tenant},
        columns=["id", "tenant", "user", "key", "model", "length", "createdAt"],
    )
    one.add_argument("--tenant", metavar="ID", help="default: all tenants")
    identified(verb("show", "one, with its text", run_show, "PROMPT --json"))
    one = verb(
        "forget",
        "all of a tenant, and the keys that copies could be opened with",
        run_prompts_forget,
        "--tenant TENANT",
    )
    one.add_argument("--tenant", metavar="ID", required=True, help="whose requests are forgotten")


def run_create(service, args):
    body = given(name=args.name, priority=args.priority)
    show_one(args, service.ask("POST", args.path, body=body))


def run_change(service, args):
    fields = given(
        name=args.name,
        priority=args.priority,
        promptBytes=args.keep_prompts,
        disabled=disabled(args),
    )
    change(service, args, fields)


def run_prompts_forget(service, args):
    service.send("DELETE", args.path, {"tenant": args.tenant})
    done(args, f"The audit of tenant {args.tenant} keeps no request any more.")
