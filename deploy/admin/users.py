"""Users: people of a tenant. Their second factor, as others deal with it; their own is second_factor.py."""

from commands import changing, identified
from shown import done, show_one
from thing import change, disabled, path_of, run_delete, run_list, run_show
from typed import given


def declare(commands):
    verb = commands.group("users", "people of a tenant", "/v1/admin/users")
    one = verb(
        "list",
        "users",
        run_list,
        "--tenant TENANT",
        query=lambda args: {"tenant": args.tenant},
        columns=["id", "tenant", "name", "role", "createdAt", "disabledAt"],
    )
    one.add_argument("--tenant", metavar="ID", help="default: all tenants")
    one = verb("create", "make a user", run_create, "ann --tenant TENANT --role developer")
    one.add_argument("name", metavar="NAME", help="that no other user of the tenant has")
    one.add_argument("--tenant", metavar="ID", required=True, help="whose user it is")
    one.add_argument("--role", required=True, help="admin, developer, auditor or guest")
    identified(verb("show", "one user", run_show, "USER --json"))
    one = changing(
        verb("change", "rename, give another role, disable", run_change, "USER --role auditor"),
        "their keys stop working",
    )
    one.add_argument("--role", help="admin, developer, auditor or guest; keys that are more than it are revoked")
    identified(
        verb("delete", "revoke their keys and forget their name", run_delete, "USER", said="User {id} is deleted.")
    )
    identified(verb("enrol", "make a second factor; shows its secret once", run_enrol, "USER"))
    identified(verb("factor", "what is known of their second factor", run_factor, "USER"))
    identified(verb("reset-factor", "forget their second factor", run_reset_factor, "USER"))


def run_create(service, args):
    body = given(tenant=args.tenant, name=args.name, role=args.role)
    show_one(args, service.ask("POST", args.path, body=body))


def run_change(service, args):
    change(service, args, given(name=args.name, role=args.role, disabled=disabled(args)))


def factor_path(args):
    return path_of(args) + "/second-factor"


def run_enrol(service, args):
    show_one(args, service.ask("POST", factor_path(args)))


def run_factor(service, args):
    show_one(args, service.ask("GET", factor_path(args)))


def run_reset_factor(service, args):
    service.send("DELETE", factor_path(args))
    done(args, f"User {args.id} has no second factor any more.")
