"""What commands do with a thing that has an id, whatever it is: list, show, change, delete."""

from service import segment
from shown import done, show_one, show_rows


def path_of(args):
    return f"{args.path}/{segment(args.id)}"


def run_list(service, args):
    show_rows(args, service.all(args.path, args.query(args)), args.columns)


def run_list_unpaged(service, args):
    show_rows(args, service.rows(args.path), args.columns)


def run_show(service, args):
    show_one(args, service.ask("GET", path_of(args)))


def run_delete(service, args):
    service.send("DELETE", path_of(args))
    done(args, args.said.format(id=args.id))


def change(service, args, fields):
    """Changes what was seen and nothing newer."""
    tag = args.tag or service.ask("GET", path_of(args))["tag"]
    show_one(args, service.ask("PATCH", path_of(args), body=fields, tag=tag))


def disabled(args):
    return True if args.disable else False if args.enable else None
