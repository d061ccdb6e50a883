"""What a command prints: a table for people, JSON for programs, CSV for spreadsheets."""

import csv
import io
import json
import sys

# Characters without width that pages of the audit carry: they say whom a copy was shown to.
UNSEEN = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff"


def show_rows(args, rows, columns):
    if args.json:
        print(json.dumps({"data": rows}, indent=2, ensure_ascii=False))
    elif args.csv:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([cell_of_csv(row.get(column)) for column in columns] for row in rows)
        sys.stdout.write(text.getvalue())
    else:
        cells = [columns] + [[plain(row.get(column)) for column in columns] for row in rows]
        widths = [max(width(line[i]) for line in cells) for i in range(len(columns))]
        for line in cells:
            padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths))
            print("  ".join(padded).rstrip(" "))


def show_one(args, row):
    if args.json:
        print(json.dumps(row, indent=2, ensure_ascii=False))
    elif args.csv:
        show_rows(args, [row], list(row))
    else:
        wide = max(len(name) for name in row)
        for name, value in row.items():
            print(f"{name.ljust(wide)}  {plain(value)}")


def done(args, sentence):
    print("{}" if args.json else sentence)


def plain(value):
    """One cell: names come from others, and a terminal obeys what is not printable."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(plain(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{name}={plain(one)}" for name, one in value.items())
    return "".join(c if c.isprintable() or c in UNSEEN else "?" for c in str(value))


def width(text):
    """As a terminal has it, more or less: the marks of a viewer take no room."""
    return sum(c not in UNSEEN for c in text)


def harmless(text):
    """A spreadsheet takes what begins like this for a formula."""
    return "'" + text if text[:1] in tuple("=+-@\t\r\n＝＋－＠") else text


def cell_of_csv(value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if number else harmless(plain(value))
