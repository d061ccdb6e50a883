#!/usr/bin/env python3
"""Measures vLLM in its own process, without a server: vllm_bench.py MODEL; one JSON object a line.

decode: prompts of 512 tokens whose blocks are cached already, so that all decode together; the time
of 193 tokens less that of 1, over 192 steps, the median of three. prefill: fresh prompts, one token.
"""

import json
import random
import statistics
import sys
import time


def main():
    from vllm import LLM, SamplingParams

    llm = LLM(model=sys.argv[1], dtype="float16", skip_tokenizer_init=True, max_model_len=8192)
    rnd = random.Random(1)
    samplings = {"greedy": {"temperature": 0.0}, "t0.7 p0.95": {"temperature": 0.7, "top_p": 0.95}}

    def prompts(count, length):
        return [{"prompt_token_ids": [rnd.randrange(1000, 150000) for _ in range(length)]}
                for _ in range(count)]

    def seconds(batch, tokens, sampling):
        params = SamplingParams(max_tokens=tokens, ignore_eos=True, detokenize=False, **sampling)
        begun = time.perf_counter()
        outputs = llm.generate(batch, params, use_tqdm=False)
        taken = time.perf_counter() - begun
        assert all(len(output.outputs[0].token_ids) == tokens for output in outputs)
        return taken

    def row(what, **values):
        print(json.dumps({"peer": "vllm", "what": what, **values}), flush=True)

    for sampling in samplings.values():
        seconds(prompts(256, 64), 8, sampling)
    for count, length in ((1, 512), (1, 4096), (16, 512), (32, 512)):
        rounds = [seconds(prompts(count, length), 1, samplings["greedy"]) for _ in range(6)][1:]
        row("prefill", prompts=count, length=length, ms=statistics.median(rounds) * 1e3,
            tokens_per_second=count * length / statistics.median(rounds))
    for name, sampling in samplings.items():
        for batch in (1, 8, 32, 64, 128, 256):
            asked = prompts(batch, 512)
            seconds(asked, 1, sampling)
            rounds = [seconds(asked, 193, sampling) - seconds(asked, 1, sampling) for _ in range(3)]
            step = statistics.median(rounds) / 192
            row("decode", sampling=name, batch=batch, context=512, step_ms=step * 1e3,
                tokens_per_second=batch / step)


if __name__ == "__main__":
    main()
