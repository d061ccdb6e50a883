"""API keys: made, listed, replaced and revoked. A key is shown once, when it is made."""

from commands import identified
from shown import show_one
from thing import path_of, run_delete, run_list, run_show
from typed import given, limit, span

DAY = 86400


def declare(commands):
    verb = commands.group("keys", "API keys", "/v1/admin/keys")
    one = verb(
        "list",
        "keys, without their secrets",
        run_list,
        "--tenant TENANT --csv",
        query=lambda args: {"tenant": args.tenant, "user": args.user},
        columns=["id", "tenant", "user", "name", "role", "state", "createdAt", "expiresAt"],
    )
    one.add_argument("--tenant", metavar="ID", help="default: all tenants")
    one.add_argument("--user", metavar="ID", help="default: all users")
    one = verb(
        "create",
        "make a key; shows it once",
        run_create,
        "laptop --tenant TENANT --user USER --role developer \\\n"
        "      --from-address 10.0.0.0/8 --limit tokensPerDay=2000000",
    )
    one.add_argument("name", metavar="NAME", help="what it is for; shown in lists")
    one.add_argument("--tenant", metavar="ID", required=True, help="whose limits and cache it has")
    one.add_argument("--user", metavar="ID", help="whose it is; default: the tenant's alone")
    one.add_argument("--role", required=True, help="admin, developer, auditor or guest")
    one.add_argument("--model", action="append", help="that it may ask; several times for more; default: all")
    one.add_argument(
        "--from-address",
        action="append",
        metavar="PREFIX",
        help="that it may be used from, such as 10.0.0.0/8; several times for more; default: all",
    )
    one.add_argument(
        "--scope",
        action="append",
        help="inference, administration, usage or audit; several times for more; default: all of its role",
    )
    one.add_argument("--expires", metavar="TIME", help="such as 2027-01-31T12:00:00Z; default: never")
    one.add_argument(
        "--limit",
        action="append",
        type=limit,
        metavar="NAME=NUMBER",
        help="such as tokensPerDay=1000000; several times for more; default: those of its user and tenant alone",
    )
    identified(verb("show", "one key, without its secret", run_show, "KEY --json"))
    identified(verb("revoke", "nowhere does it work any more", run_delete, "KEY", said="Key {id} is revoked."))
    one = identified(verb("rotate", "make its successor; shows it once", run_rotate, "KEY --overlap 24h"))
    one.add_argument(
        "--overlap",
        type=span,
        default=DAY,
        metavar="TIME",
        help="that the old one works on, such as 90s, 15m, 24h or 7d, at most 90d; default 24h",
    )


def run_create(service, args):
    body = given(
        tenant=args.tenant,
        user=args.user,
        name=args.name,
        role=args.role,
        models=args.model,
        addresses=args.from_address,
        scopes=args.scope,
        expiresAt=args.expires,
        limits=dict(args.limit) if args.limit else None,
    )
    show_one(args, service.ask("POST", args.path, body=body))


def run_rotate(service, args):
    body = {"overlapSeconds": args.overlap}
    show_one(args, service.ask("POST", path_of(args) + "/rotation", body=body))
