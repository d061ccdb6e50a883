#!/usr/bin/env python3
"""Measures PyTorch transformers as the peer of the engine: one JSON object a line on stdout.

The model has the shape of DeepSeek-R1-Distill-Qwen-1.5B and random weights. Needs torch and
transformers, no network and no files. Rows, each with "peer", "mode" and "dtype":

  device    name and versions; copy_bytes_per_second: read and written by a copy within the device
  decode    batch sequences that all have a prompt's length of random numbers in their cache: the
            median step, its argmax included, which is all that is between two tokens here (no
            scheduler, no stream, no text)
  prefill   prompts of one length together, one token each, the best round
  loss      mean negative log-likelihood of random tokens, and bytes of the weights
  skipped   what the time did not suffice for

Modes, all with a static cache: compile is torch.compile with CUDA graphs (mode "reduce-overhead"),
graph is PyTorch's own kernels in one CUDA graph, eager is neither. Compiling takes a minute of
processor time for each batch size, so all sizes compile side by side in processes of their own, and
are timed one after the other when all are done. float32 is computed without TF32 unless --tf32.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from transformers import AutoModelForCausalLM, DynamicCache, Qwen2Config, StaticCache

BEGUN = time.monotonic()
DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--dtypes", default="fp16,fp32")
    p.add_argument("--modes", default="graph", help="of graph and eager, compile aside")
    p.add_argument("--compile", nargs="*", metavar="DTYPE:BATCH,...",
                   default=["fp16:1,32,64,128,256"], help="what is compiled too")
    p.add_argument("--decode", default="1,32,64,128,256", help="batch sizes, empty for none")
    p.add_argument("--prompt", type=int, default=512, help="tokens in the cache before decoding")
    p.add_argument("--steps", type=int, default=48, help="decode steps that are timed")
    p.add_argument("--prefill", default="1x512,1x4096,16x512", help="prompts x tokens")
    p.add_argument("--rounds", type=int, default=5, help="of each prefill")
    p.add_argument("--layers", type=int, default=28)
    p.add_argument("--vocabulary", type=int, default=151936)
    p.add_argument("--loss-tokens", type=int, default=8192, help="0 for no loss")
    p.add_argument("--seconds", type=float, default=240, help="no case begins after so many")
    p.add_argument("--tf32", action="store_true")
    p.add_argument("--turn", help=argparse.SUPPRESS)  # of a child: where it waits to be timed
    return p.parse_args()


def row(what, **values):
    print(json.dumps({"peer": "transformers", "what": what, **values}), flush=True)


class Bench:
    def __init__(self, args):
        self.args = args
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(0)
        torch.set_float32_matmul_precision("high" if args.tf32 else "highest")
        torch._dynamo.config.cache_size_limit = 64

    def synchronize(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def late(self):
        return time.monotonic() - BEGUN > self.args.seconds

    def ids(self, *shape):
        return torch.randint(1, self.args.vocabulary, shape, device=self.device)

    def describe(self):
        values = {"torch": torch.__version__, "transformers": transformers.__version__}
        if self.device == "cuda":
            values["device"] = torch.cuda.get_device_name()
            source = torch.empty(1 << 32, dtype=torch.uint8, device="cuda")
            target = torch.empty_like(source)
            times = []
            for _ in range(8):
                begun, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                begun.record()
                target.copy_(source)
                ended.record()
                torch.cuda.synchronize()
                times.append(begun.elapsed_time(ended) / 1e3)
            values["copy_bytes_per_second"] = 2 * source.numel() / statistics.median(times)
            del source, target
            torch.cuda.empty_cache()
        row("device", **values)

    def load(self, dtype):
        config = Qwen2Config(
            vocab_size=self.args.vocabulary, hidden_size=1536, intermediate_size=8960,
            num_hidden_layers=self.args.layers, num_attention_heads=12, num_key_value_heads=2,
            max_position_embeddings=131072, rms_norm_eps=1e-6, tie_word_embeddings=False,
            initializer_range=0.02, bos_token_id=None, eos_token_id=None)
        torch.manual_seed(0)
        with torch.device(self.device):
            # The same rounded weights in every type: made in float32, rounded to float16.
            model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
            model = model.half().to(DTYPES[dtype])
        return model.eval().requires_grad_(False)

    def guarded(self, what, case, **labels):
        """Runs a case; one that fails, or for which it is too late, is a row too."""
        if self.late():
            row("skipped", case=what, reason="out of time", **labels)
            return
        try:
            if self.device == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            begun = time.monotonic()
            values = case()
            if self.device == "cuda":
                values["peak_bytes"] = torch.cuda.max_memory_allocated()
            row(what, **labels, **values, took_s=round(time.monotonic() - begun, 1))
        except Exception as failure:
            row("skipped", case=what, reason=repr(failure)[:300], **labels)

    def filled_cache(self, model, batch):
        config = model.config
        cache = StaticCache(config=config, max_cache_len=self.args.prompt + self.args.steps + 32)
        head = config.hidden_size // config.num_attention_heads
        cache.early_initialization(batch, config.num_key_value_heads, head, model.dtype, self.device)
        for layer in cache.layers:
            layer.keys.normal_()
            layer.values.normal_()
            layer.cumulative_length.fill_(self.args.prompt)
        return cache

    @torch.inference_mode()
    def decode(self, model, mode, batch):
        cache = self.filled_cache(model, batch)

        def step(ids):
            logits = model(input_ids=ids, past_key_values=cache, use_cache=True).logits
            return logits[:, -1].argmax(-1, keepdim=True)

        ids = self.ids(batch, 1)
        begun = time.monotonic()
        run = {"eager": lambda: step, "graph": lambda: self.captured(step, ids),
               "compile": lambda: torch.compile(step, mode="reduce-overhead", dynamic=False)}[mode]()
        for _ in range(6):
            ids = run(ids).clone()
        self.synchronize()
        warm = time.monotonic() - begun
        self.await_turn()
        times = []
        for _ in range(self.args.steps):
            begun = time.perf_counter()
            ids = run(ids).clone()
            self.synchronize()
            times.append(time.perf_counter() - begun)
        seconds = statistics.median(times)
        return {"tokens_per_second": batch / seconds, "step_ms": seconds * 1e3, "warm_up_s": round(warm, 1)}

    def captured(self, step, example):
        source = example.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                step(source)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            target = step(source)

        def replay(ids):
            source.copy_(ids)
            graph.replay()
            return target
        return replay

    def await_turn(self):
        """A child says that it is ready and waits until its parent lets it go."""
        if self.args.turn:
            open(self.args.turn + ".ready", "w").close()
            while not os.path.exists(self.args.turn + ".go"):
                time.sleep(0.05)

    @torch.inference_mode()
    def prefill(self, model, prompts, length):
        best = float("inf")
        for _ in range(self.args.rounds + 1):
            ids = self.ids(prompts, length)
            self.synchronize()
            begun = time.perf_counter()
            logits = model(input_ids=ids, past_key_values=DynamicCache(config=model.config),
                           use_cache=True, logits_to_keep=1).logits
            logits[:, -1].argmax(-1)
            self.synchronize()
            best = min(best, time.perf_counter() - begun)
        return {"tokens_per_second": prompts * length / best, "ms": best * 1e3}

    @torch.inference_mode()
    def loss(self, model):
        generator = torch.Generator().manual_seed(11)
        length, total, count = 1024, 0.0, 0
        for _ in range(max(1, self.args.loss_tokens // length)):
            ids = torch.randint(1, self.args.vocabulary, (1, length), generator=generator).to(self.device)
            hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
            logits = model.lm_head(hidden[0, :-1]).float()
            total += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
            count += length - 1
        return {"mean_nll": total / count, "scored_tokens": count,
                "weight_bytes": sum(p.numel() * p.element_size() for p in model.parameters())}

    def compiled(self, dtype, batches):
        """Each batch size in a child that compiles; then one after the other is timed."""
        with tempfile.TemporaryDirectory() as folder:
            children = {}
            for batch in batches:
                turn = os.path.join(folder, str(batch))
                children[batch] = subprocess.Popen(
                    [sys.executable, os.path.abspath(__file__), "--turn", turn, "--dtypes", dtype,
                     "--decode", str(batch), "--prompt", str(self.args.prompt),
                     "--steps", str(self.args.steps), "--layers", str(self.args.layers),
                     "--vocabulary", str(self.args.vocabulary)]
                    + (["--tf32"] if self.args.tf32 else []),
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            waiting = lambda batch: (children[batch].poll() is None and
                                     not os.path.exists(os.path.join(folder, str(batch) + ".ready")))
            while not self.late() and any(map(waiting, batches)):
                time.sleep(0.2)
            unready = [batch for batch in batches if waiting(batch)]
            for batch in unready:
                children[batch].kill()
                row("skipped", case="decode", mode="compile", dtype=dtype, batch=batch,
                    reason="not compiled in time")
            for batch in batches:
                if batch not in unready:
                    open(os.path.join(folder, str(batch) + ".go"), "w").close()
                    print(children[batch].communicate(timeout=60)[0], end="", flush=True)

    def child(self):
        dtype, batch = self.args.dtypes, int(self.args.decode)
        self.guarded("decode", lambda: self.decode(self.load(dtype), "compile", batch),
                     mode="compile", dtype=dtype, batch=batch, context=self.args.prompt)

    def all(self):
        self.describe()
        prefills = [tuple(map(int, c.split("x"))) for c in self.args.prefill.split(",") if c]
        for dtype in self.args.dtypes.split(","):
            model = self.load(dtype)
            for prompts, length in prefills:
                self.guarded("prefill", lambda: self.prefill(model, prompts, length), mode="eager",
                             dtype=dtype, prompts=prompts, length=length)
            if self.args.loss_tokens:
                self.guarded("loss", lambda: self.loss(model), mode="eager", dtype=dtype)
            for mode in filter(None, self.args.modes.split(",")):
                for batch in map(int, filter(None, self.args.decode.split(","))):
                    self.guarded("decode", lambda: self.decode(model, mode, batch), mode=mode,
                                 dtype=dtype, batch=batch, context=self.args.prompt)
            model = None  # before the next one is loaded
        if self.device == "cuda":
            torch.cuda.empty_cache()
        for part in self.args.compile:
            dtype, batches = part.split(":")
            self.compiled(dtype, [int(batch) for batch in batches.split(",")])


if __name__ == "__main__":
    bench = Bench(arguments())
    bench.child() if bench.args.turn else bench.all()
