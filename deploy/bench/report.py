"""Prints the Markdown table of a benchmark from the JSON lines both engines wrote.

report.py FOLDER COMMAND: FOLDER holds ours-server-N.jsonl, ours-single-N.jsonl and peer-N.jsonl for the
rounds N, measured in turns so that a machine that slows down slows both. A figure is the median of the
rounds; a ratio is the median of ours over the median of the peer's.
"""

import datetime
import json
import os
import pathlib
import platform
import statistics
import sys


def read(folder, kind):
    """Returns the first line (what ran) and, per batch size, the rounds' measurements."""
    about, rounds = {}, {}
    for path in sorted(folder.glob(f"{kind}-*.jsonl")):
        for line in path.read_text().splitlines():
            if not line.startswith("{"):
                continue
            entry = json.loads(line)
            if "engine" in entry:
                about = entry
            else:
                rounds.setdefault(entry["batch"], []).append(entry)
    return about, rounds


def hardware():
    """Says what the numbers depend on: processor, the features kernels ask for, cores and memory."""
    cpu = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        cpu.setdefault(name.strip(), value.strip())
    flags = set(cpu.get("flags", cpu.get("Features", "")).split())
    features = [f for f in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm") if f in flags]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = cpu.get("model name", platform.machine())
    family = f", family {cpu['cpu family']} model {cpu['model']}" if "cpu family" in cpu else ""
    return f"{model}{family} ({', '.join(features) or 'no vector features known here'}), {os.cpu_count()} cores, {memory:.0f} GiB"


def row(label, ours, peer, measure):
    mine = statistics.median(entry[measure] for entry in ours)
    theirs = statistics.median(entry[measure] for entry in peer)
    return f"| {label} | {mine:,.0f} | {theirs:,.0f} | {mine / theirs:.2f} |"


def main():
    folder, command = pathlib.Path(sys.argv[1]), sys.argv[2]
    about_peer, peer = read(folder, "peer")
    about_ours, server = read(folder, "ours-server")
    _, single = read(folder, "ours-single")
    if not peer or not (server or single):
        sys.exit("report.py: one of the engines wrote no measurement, see the files in " + str(folder))
    some = next(iter(peer.values()))[0]
    first = min(server or single)
    rounds = len(peer[first])
    print(f"{datetime.date.today().isoformat()}, {hardware()}\n")
    print(f"Peer: {about_peer['engine']} {about_peer['version']}, backend {about_peer['backend']}. ", end="")
    print(f"Ours: {about_ours['version']}, {about_ours.get('backend', '')}. ", end="")
    print(f"Prompt {some['prompt']}, {some['steps']} steps, medians of {rounds} rounds in turns. `{command}`\n")
    print("| tokens/s | ours | peer | ratio |\n|---|---|---|---|")
    print(row(f"prefill of {some['prompt']}", (server or single)[first], peer[first], "prefill"))
    for batch, entries in sorted(single.items()):
        print(row(f"decode, {batch} alone (single-user configuration)", entries, peer[batch], "decode"))
    for batch, entries in sorted(server.items()):
        print(row(f"decode, {batch} together (server configuration)", entries, peer[batch], "decode"))


main()
