#!/usr/bin/env python3
"""Writes docs/settings.md, every option of auth-service, cache-service and the operator, out of the
interfaces that hold them: their comments are the meaning, their annotations the default.

usage: deploy/documents/settings.py            writes it
       deploy/documents/settings.py --check    ends with 1 where it is not what the code says
"""

import argparse
import pathlib
import re
import sys
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "settings.md"

SERVICES = {
    "auth-service": (
        "auth-service/src/main/java/platform/deepseek/auth/service",
        ["AuthConfig", "AuditConfig", "CryptoConfig"],
    ),
    "cache-service": ("cache-service/src/main/java/platform/deepseek/cache/service", ["CacheConfig"]),
    "operator": ("operator/src/main/java/platform/deepseek/operator/service", ["OperatorConfig"]),
}

HEAD = """\
# Settings of auth-service, cache-service and the operator

Written by `deploy/documents/settings.py` from the code; those of inference-service, ports, logs and what all services share are in
[configuration.md](configuration.md).

Each option is a property, as `-DPROPERTY=VALUE` or in a file that `QUARKUS_CONFIG_LOCATIONS` names, or an environment variable: the
property in capitals with `_` for everything else (`deepseek.auth.database-url` is `DEEPSEEK_AUTH_DATABASE_URL`). The variable wins
over the file. In the chart: `auth.settings`, `cache.settings` and `operator.settings`, by property. Times are a number with `ms`,
`s`, `m`, `h` or `d`, sizes bytes with an optional `K`, `M` or `G` (of 1024); where a list is taken, commas part it.
"""

KINDS = {
    "Path": "path",
    "Duration": "time",
    "MemorySize": "bytes",
    "boolean": "`true`, `false`",
    "int": "number",
    "long": "number",
    "double": "number",
    "URI": "address",
}


class Option(typing.NamedTuple):
    property: str
    kind: str
    default: str
    meaning: str


def interfaces(text):
    """Members of each interface of a file: (comment, annotations, type, name) by the interface's name."""
    found, path = {}, []
    member = re.compile(
        r"(?P<comment>/\*\*.*?\*/\s*)?(?P<annotations>(?:@\w+(?:\([^)]*\))?\s+)*)"
        r"(?:(?:public )?interface (?P<opened>\w+) \{|(?:public )?enum \w+ \{[^}]*\}|(?P<kind>[A-Z]?[\w.]+(?:<[\w<>, ]+>)?) (?P<name>\w+)\(\);|(?P<closed>\}))",
        re.S,
    )
    for match in member.finditer(re.sub(r"^(package|import) .*;\n", "", text, flags=re.M)):
        if match["opened"]:
            path.append(match["opened"])
            found[path[-1]] = []
        elif match["closed"]:
            path = path[:-1]
        elif match["name"]:
            found[path[-1]].append((plain(match["comment"] or ""), match["annotations"] or "", match["kind"], match["name"]))
    return found


def plain(comment):
    """A comment of Java as one line of Markdown."""
    text = " ".join(line.strip().lstrip("*").strip() for line in comment.strip()[3:-2].splitlines()).strip()
    text = re.sub(r"\{@code ([^}]*)\}", r"`\1`", text)
    return text.replace("|", r"\|")


def options(folder, names):
    for name in names:
        text = (ROOT / folder / f"{name}.java").read_text()
        prefix = re.search(r'@ConfigMapping\(prefix = "([^"]+)"', text)[1]
        yield from expand(folder, interfaces(text), name, prefix)


def expand(folder, known, interface, prefix):
    for comment, annotations, kind, name in known[interface]:
        named = re.search(r'@WithName\("([^"]*)"\)', annotations)
        key = f"{prefix}.{named[1] if named else kebab(name)}"
        inner = re.fullmatch(r"(?:Optional<)?(Map<String, )?(\w+)>{0,2}", kind)
        group = inner[2] if inner else ""
        if group.endswith(("Config", "Settings")) and group not in known:
            known.update(interfaces((ROOT / folder / f"{group}.java").read_text()))
        if group in known:
            yield from expand(folder, known, group, key + (".NAME" if inner[1] else ""))
            continue
        default = re.search(r'@WithDefault\("([^"]*)"\)', annotations)
        yield Option(key, kind_of(kind), f"`{default[1]}`" if default else ("" if kind.startswith("Optional") else "has to be set"), comment)


def kebab(name):
    return re.sub(r"([A-Z])", lambda upper: "-" + upper[1].lower(), name)


def kind_of(kind):
    inner = re.sub(r"^Optional<(.*)>$", r"\1", kind)
    listed = re.fullmatch(r"(?:List|Set)<(.*)>", inner)
    return "list" if listed else KINDS.get(inner, "text")


def document():
    parts = [HEAD]
    for service, (folder, names) in SERVICES.items():
        parts.append(f"\n## {service}\n\n| property | | default | meaning |\n|---|---|---|---|\n")
        for option in sorted(options(folder, names)):
            if not option.meaning:
                raise SystemExit(f"{option.property} has no comment: say what it means.")
            parts.append(f"| `{option.property}` | {option.kind} | {option.default} | {option.meaning} |\n")
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    text = document()
    if not parser.parse_args().check:
        DOCUMENT.write_text(text)
    elif DOCUMENT.read_text() != text:
        print("error: docs/settings.md is not what the code says: run deploy/documents/settings.py.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
