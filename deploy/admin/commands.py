"""How commands are declared: what they are called, take and do, with an example each."""

import argparse

import failure

PROGRAM = "deepseek-admin"


class Commands:
    """The commands that there are, as argparse has them."""

    def __init__(self, description, epilog):
        self.options = common_options()
        self.top = argparse.ArgumentParser(
            prog=PROGRAM,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[self.options],
        )
        self.words = self.top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def group(self, name, text, path=None):
        """A noun; what it returns declares its verbs."""
        made = self.words.add_parser(name, help=text, description=text)
        verbs = made.add_subparsers(dest="verb", required=True, metavar="VERB")
        made.epilog = f"{PROGRAM} {name} VERB --help shows options and an example."

        def verb(word, text, run, example, **defaults):
            return self.command(verbs, word, text, run, f"{name} {word} {example}", path=path, **defaults)

        return verb

    def single(self, name, text, run, example):
        """A command that is one word."""
        return self.command(self.words, name, text, run, f"{name} {example}")

    def command(self, among, word, text, run, example, **defaults):
        one = among.add_parser(
            word,
            help=text,
            description=text,
            epilog=f"example:\n  {PROGRAM} {example.strip()}\n\nexit status:\n{failure.STATUSES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[self.options],
        )
        one.set_defaults(run=run, **defaults)
        return one


def common_options():
    """What every command takes; it may stand before or after the command's name."""

    def option(group, *names, **how):
        group.add_argument(*names, default=argparse.SUPPRESS, **how)

    common = argparse.ArgumentParser(add_help=False)
    output = common.add_argument_group("output").add_mutually_exclusive_group()
    option(output, "--json", action="store_true", help="print JSON, as the service answers it")
    option(output, "--csv", action="store_true", help="print CSV")
    where = common.add_argument_group("address and key")
    option(where, "--address", metavar="URL", help="of the administration")
    option(where, "--key-file", metavar="FILE", help="that holds an administrator's key; - is standard input")
    option(where, "--ca-file", metavar="FILE", help="certificates to trust, in PEM")
    option(where, "--plain-http", action="store_true", help="send the key over http to other machines")
    return common


def identified(one):
    one.add_argument("id", metavar="ID", help="as list shows it")
    return one


def tagged(one):
    one.add_argument("--tag", help="change it only if it still is what had this tag")
    return one


def changing(one, what):
    """The options of a change; `what` says what stops working when it is disabled."""
    identified(one)
    one.add_argument("--name", help="its new name")
    state = one.add_mutually_exclusive_group()
    state.add_argument("--disable", action="store_true", help=what)
    state.add_argument("--enable", action="store_true", help="let it work again")
    return tagged(one)
