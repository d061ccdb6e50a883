#!/usr/bin/env python3
"""Measures what nobody gets around: cuBLAS' products and the reading of the cache; one JSON object a line.

What is asked about is the load of the HTTP part at its fullest: 256 clients in a closed loop, prompts
of 512 tokens and answers of 128. Per wave of 256 requests that is 131,072 prompt tokens and 128 steps
with 256 rows of answers each; prompts come in steps with so many rows more. The model has the shape of
DeepSeek-R1-Distill-Qwen-1.5B in float16 with random weights.

  device    name, versions, power limit, largest clock
  products  all products of a model's layers with so many rows, as PyTorch calls cuBLAS, in one CUDA
            graph: time, rate, each of the four by itself; power and clock in the middle of it
  layout    the same with weights that lie the other way
  output    the output layer of 256 rows
  copy      copying within the device, and what reading a step's keys and values takes at that rate
  wave      a wave with so many prompt tokens in a step: products, output layers and reading, one after
            the other, and nothing else on the GPU
  floor     the shortest wave: more tokens a second no engine with these products delivers

Left out, because it depends on the engine: attention's arithmetic (only its reading is counted, and
that of prompts not at all), norms, rotary positions, sampling, launches, the host. So an engine that
reaches a share of the floor cannot become faster than by the rest without faster products. Needs torch;
without a GPU it runs on the processor, which says nothing: try it so with --layers 2 --scale 16.
"""

import argparse
import json
import subprocess
import threading
import time
from dataclasses import dataclass

HALF = 2  # bytes of a number


@dataclass(frozen=True)
class Shape:
    """Of the model; products have the width of their outputs beside their inputs."""
    layers: int = 28
    hidden: int = 1536
    intermediate: int = 8960
    keys: int = 256  # channels of all heads' keys
    vocabulary: int = 151936

    def products(self):
        return {"qkv": (self.hidden, self.hidden + 2 * self.keys), "o": (self.hidden, self.hidden),
                "gate_up": (self.hidden, 2 * self.intermediate), "down": (self.intermediate, self.hidden)}

    def operations(self, rows):
        return 2 * rows * self.layers * sum(inputs * outputs for inputs, outputs in self.products().values())

    def cache_bytes(self, tokens):
        return tokens * 2 * self.layers * self.keys * HALF


@dataclass(frozen=True)
class Load:
    """Clients in a closed loop."""
    clients: int = 256
    prompt: int = 512
    answer: int = 128

    def cached(self):
        """Positions that a step of answers reads: on average an answer is half done."""
        return self.clients * (self.prompt + self.answer // 2)


def wave(load, prompt_tokens, products, output, reading):
    """Milliseconds of a wave whose prompts come by so many tokens a step: products has those of steps by rows."""
    prompt_steps = load.clients * load.prompt / prompt_tokens
    mixed = prompt_steps * products[prompt_tokens + load.clients]
    others = (load.answer - prompt_steps) * products[load.clients]
    parts = {"products_with_prompts_ms": mixed, "products_without_ms": others, "output_ms": load.answer * output,
             "reading_ms": load.answer * reading}
    total = sum(parts.values())
    return {**parts, "wave_ms": total, "tokens_per_second": load.clients * load.answer / total * 1e3}


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--prompt-tokens", default="1024,2048,4096,8192", help="of prompts in a step")
    p.add_argument("--seconds", type=float, default=0.6, help="how long each measurement lasts")
    p.add_argument("--layers", type=int, default=28)
    p.add_argument("--scale", type=int, default=1, help="divides widths, vocabulary, clients and tokens, to try it")
    return p.parse_args()


def row(what, **values):
    shown = {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}
    print(json.dumps({"peer": "floor", "what": what, **shown}), flush=True)


def smi(*fields):
    """What nvidia-smi says, by field; nothing where it is not there or does not know one."""
    try:
        done = subprocess.run(["nvidia-smi", "--id=0", "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits"],
                              capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if done.returncode != 0:
        return {}
    return {field.replace(".", "_"): value.strip() for field, value in zip(fields, done.stdout.split(","))}


class Floor:
    def __init__(self, torch, shape, load, seconds):
        self.torch, self.shape, self.load, self.seconds = torch, shape, load, seconds
        self.gpu = torch.cuda.is_available()
        self.device = "cuda" if self.gpu else "cpu"
        self.dtype = torch.float16 if self.gpu else torch.float32
        self.stream = torch.cuda.Stream() if self.gpu else None
        torch.manual_seed(0)
        self.weights = [{name: self.random(*size) for name, size in shape.products().items()}
                        for _ in range(shape.layers)]

    def random(self, *size):
        """Of what weights usually are: products are fast because of zeros."""
        return self.torch.randn(*size, device=self.device, dtype=self.dtype) * 0.02

    def empty(self, *size):
        return self.torch.empty(*size, device=self.device, dtype=self.dtype)

    def recorded(self, work):
        """Does the work each time that it is called, on a GPU as one launch."""
        if not self.gpu:
            return work
        with self.torch.cuda.stream(self.stream):
            for _ in range(2):
                work()
            self.stream.synchronize()
            graph = self.torch.cuda.CUDAGraph()
            with self.torch.cuda.graph(graph, stream=self.stream):
                work()

        def replay():
            with self.torch.cuda.stream(self.stream):
                graph.replay()
        # A recording has addresses in it: what lies there must not be freed before it.
        replay.work = work
        return replay

    def synchronize(self):
        if self.gpu:
            self.torch.cuda.synchronize()

    def millis(self, work, seconds=None, watch=None):
        """Mean time of the work, again and again; the watch is asked while it runs."""
        seconds = seconds or self.seconds

        def taken(count):
            self.synchronize()
            begun = time.perf_counter()
            for _ in range(count):
                work()
            self.synchronize()
            return (time.perf_counter() - begun) / count * 1e3

        taken(1)
        count = max(3, int(seconds * 1e3 / taken(1)))
        timer = threading.Timer(seconds / 3, watch) if watch else None
        if timer:
            timer.start()
        try:
            return taken(count)
        finally:
            if timer:
                timer.join()

    def layer(self, weights, rows):
        """The four products of a layer, into places of their own."""
        inputs = {"hidden": self.random(rows, self.shape.hidden), "wide": self.random(rows, self.shape.intermediate)}
        outputs = {name: self.empty(rows, size[1]) for name, size in self.shape.products().items()}

        def multiply(name, matrix):
            self.torch.mm(inputs["wide" if name == "down" else "hidden"], matrix, out=outputs[name])

        def all_products(only=None):
            for matrices in weights:
                for name, matrix in matrices.items():
                    if only in (None, name):
                        multiply(name, matrix)
        return all_products

    def products(self, rows):
        """Milliseconds of all layers' products."""
        all_products = self.layer(self.weights, rows)
        parts = {}
        for name in self.shape.products():
            millis = self.millis(self.recorded(lambda name=name: all_products(name)), seconds=self.seconds / 2)
            parts[name + "_us"] = millis / self.shape.layers * 1e3
        seen = {}
        watch = lambda: seen.update(smi("power.draw", "clocks.sm", "clocks_throttle_reasons.active"))
        millis = self.millis(self.recorded(all_products), watch=watch if self.gpu else None)
        row("products", rows=rows, ms=millis, tflops=self.shape.operations(rows) / millis / 1e9, **parts, **seen)
        return millis

    def other_layout(self, rows):
        turned = [{name: matrix.t().contiguous().t() for name, matrix in matrices.items()} for matrices in self.weights]
        millis = self.millis(self.recorded(self.layer(turned, rows)))
        row("layout", rows=rows, ms=millis, tflops=self.shape.operations(rows) / millis / 1e9)

    def output(self):
        head, rows = self.random(self.shape.hidden, self.shape.vocabulary), self.load.clients
        source, target = self.random(rows, self.shape.hidden), self.empty(rows, self.shape.vocabulary)
        millis = self.millis(self.recorded(lambda: self.torch.mm(source, head, out=target)))
        row("output", rows=rows, ms=millis)
        return millis

    def reading(self):
        """Milliseconds of reading a step's keys and values."""
        numbers = self.shape.cache_bytes(self.load.cached()) // HALF
        source = self.random(numbers // self.shape.layers * self.shape.layers)
        target = self.torch.empty_like(source)
        millis = self.millis(self.recorded(lambda: target.copy_(source)))
        row("copy", bytes_per_second=2 * source.numel() * source.element_size() / millis * 1e3, reading_ms=millis / 2)
        return millis / 2

    def describe(self):
        named = self.torch.cuda.get_device_name() if self.gpu else "processor"
        row("device", device=named, torch=self.torch.__version__, cuda=self.torch.version.cuda,
            **smi("driver_version", "power.limit", "clocks.max.sm"))


def main():
    import torch

    args = arguments()
    scale = args.scale
    shape = Shape(args.layers, 1536 // scale, 8960 // scale, 256 // scale, 151936 // scale)
    load = Load(256 // scale, 512 // scale, 128 // scale)
    steps = [int(tokens) // scale for tokens in args.prompt_tokens.split(",")]
    floor = Floor(torch, shape, load, args.seconds)
    with torch.inference_mode():
        floor.describe()
        products = {rows: floor.products(rows) for rows in [load.clients] + [n + load.clients for n in steps]}
        # Prompts alone, for comparison with what an engine's prefill reaches.
        for rows in steps:
            floor.products(rows)
        floor.other_layout(steps[0] + load.clients)
        output = floor.output()
        reading = floor.reading()
    waves = {tokens: wave(load, tokens, products, output, reading) for tokens in steps}
    for tokens, values in waves.items():
        row("wave", prompt_tokens=tokens, **values)
    best = min(waves, key=lambda tokens: waves[tokens]["wave_ms"])
    row("floor", prompt_tokens=best, wave_ms=waves[best]["wave_ms"],
        tokens_per_second=waves[best]["tokens_per_second"])


if __name__ == "__main__":
    main()
