#!/usr/bin/env python3
"""Makes a Markdown table of one report: table.py REPORT...

REPORT is what check.sh wrote (parts speed, http and peers, in one file or several of one run). The
limit is that of reading weights, keys and values once a step at the device's own copy rate.
"""

import json
import re
import sys

DECODE = re.compile(r"decode +(\d+) (greedy|t0\.7 p0\.95) +([\d,]+) tokens/s \(([\d.]+) ms a step.*"
                    r"reading weights and cache ([\d.]+) ms")
PREFILL = re.compile(r"prefill +(\d+) x +(\d+): +([\d,]+) tokens/s")
MODEL = re.compile(r"^random 1\.5B speed")


def number(text):
    return float(text.replace(",", ""))


def read(paths):
    """Rows of our own (of the last model before its line says that it is the random one), and peers'."""
    ours, pending, peers = [], [], []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as report:
            lines = report.readlines()
        for line in lines:
            if line.startswith("{"):
                try:
                    peers.append(json.loads(line))
                except ValueError:
                    continue
            elif match := DECODE.search(line):
                pending.append(("decode", match[2], int(match[1]), number(match[3]),
                                int(match[1]) / number(match[5]) * 1e3))
            elif match := PREFILL.search(line):
                pending.append(("prefill", "", (int(match[1]), int(match[2])), number(match[3]), None))
            elif line.startswith("SmolLM2 speed"):
                pending = []
            elif MODEL.match(line):
                ours, pending = pending, []
    return ours, peers


def show(value):
    return "-" if value is None else f"{value:,.0f}"


def ratio(value, other):
    return "-" if not value or not other else f"{value / other:.2f}"


def best(peers, name, **wanted):
    found = [(row["tokens_per_second"], row.get("mode", "")) for row in peers
             if row.get("peer") == name and "tokens_per_second" in row
             and all(row.get(key) == value for key, value in wanted.items())]
    return max(found, default=(None, ""))


def main(paths):
    ours, peers = read(paths)
    if ours:
        print("| tokens/s | ours | vLLM | ratio | transformers | ratio | limit | of it |")
        print("|---|---|---|---|---|---|---|---|")
    for what, sampling, key, value, limit in ours:
        if what == "decode":
            name = f"decode, {key} together, {sampling}"
            vllm, _ = best(peers, "vllm", what="decode", batch=key, sampling=sampling)
            torch, mode = best(peers, "transformers", what="decode", batch=key, dtype="fp16")
            if sampling != "greedy":
                torch, mode = None, ""
        else:
            name = f"prefill, {key[0]} x {key[1]}"
            where = {"what": "prefill", "prompts": key[0], "length": key[1]}
            vllm, _ = best(peers, "vllm", **where)
            torch, mode = best(peers, "transformers", dtype="fp16", **where)
        print(f"| {name} | {show(value)} | {show(vllm)} | {ratio(value, vllm)} | {show(torch)}"
              f"{' (' + mode + ')' if mode else ''} | {ratio(value, torch)} | {show(limit)} |"
              f" {ratio(value, limit)} |")
    served = [row for row in peers if "clients" in row and "tokens_per_second" in row]
    if served:
        print("\n| server | sampling | clients | tokens/s | first token p50 / p99 ms | without the"
              " first round | gap p50 / p99 ms | failed |")
        print("|---|---|---|---|---|---|---|---|")
    for row in served:
        at = lambda what: " / ".join(f"{row[what].get(p, float('nan')):,.1f}" for p in ("p50", "p99"))
        print(f"| {row['label']} | {row['sampling']} | {row['clients']} | {show(row['tokens_per_second'])}"
              f" | {at('ttft_ms')} | {at('ttft_steady_ms')} | {at('gap_ms')} | {row['failed']} |")
    waves = [row for row in peers if row.get("peer") == "floor" and row.get("what") == "wave"]
    if waves:
        print("\n| prompt tokens a step | products, steps with prompts / others ms | output ms | reading ms | a wave ms"
              " | tokens/s at most |\n|---|---|---|---|---|---|")
    for row in waves:
        print(f"| {row['prompt_tokens']:,} | {show(row['products_with_prompts_ms'])} / {show(row['products_without_ms'])}"
              f" | {show(row['output_ms'])} | {show(row['reading_ms'])} | {show(row['wave_ms'])}"
              f" | {show(row['tokens_per_second'])} |")
    types(peers)


def types(peers):
    """float16 against float32 of the same model."""
    both = {}
    for row in peers:
        if row.get("peer") == "transformers" and row.get("what") in ("decode", "prefill", "loss"):
            key = (row["what"], row["mode"], row.get("batch"), row.get("prompts"), row.get("length"))
            both.setdefault(key, {})[row["dtype"]] = row
    both = {key: rows for key, rows in both.items() if {"fp16", "fp32"} <= rows.keys()}
    if not both:
        return
    print("\n| transformers, float16 against float32 | float16 | float32 | ratio |\n|---|---|---|---|")
    for (what, mode, batch, prompts, length), rows in both.items():
        half, full = rows["fp16"], rows["fp32"]
        if what == "loss":
            print(f"| mean loss, random tokens | {half['mean_nll']:.5f} | {full['mean_nll']:.5f} |"
                  f" {100 * (half['mean_nll'] / full['mean_nll'] - 1):+.4f} % |")
            print(f"| bytes of weights | {half['weight_bytes']:,} | {full['weight_bytes']:,} |"
                  f" {ratio(half['weight_bytes'], full['weight_bytes'])} |")
        else:
            name = f"decode, {batch} together" if what == "decode" else f"prefill, {prompts} x {length}"
            print(f"| {name} ({mode}) | {show(half['tokens_per_second'])} |"
                  f" {show(full['tokens_per_second'])} |"
                  f" {ratio(half['tokens_per_second'], full['tokens_per_second'])} |")


if __name__ == "__main__":
    main(sys.argv[1:])
