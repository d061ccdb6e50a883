"""Requests to every route at every surface, good and bad, with the status each has to have."""

import dataclasses
import typing

QUESTION = [{"role": "user", "content": "Name three colours."}]
CHAT_BASES = {"/v1": "openai", "": "deepseek", "/beta": "deepseek"}


@dataclasses.dataclass(frozen=True)
class Request:
    """A request; its answer's JSON is given to seen, for requests that follow from it."""

    method: str
    path: str
    body: typing.Any = None
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    seen: typing.Callable = lambda answer: None


def requests(service):
    """One after another: what an answer says may decide what is asked next."""
    models = []
    for base, style in CHAT_BASES.items():
        yield Request("GET", f"{base}/models", seen=lambda answer: models.append(answer["data"][0]["id"]))
        model = models[-1]
        yield from of_models(base, model, style)
        yield from of_chat(f"{base}/chat/completions", model, style)
        yield from of_completions(f"{base}/completions", model, style)
    yield from of_embeddings("/v1/embeddings", models[-1])
    yield from of_responses("/v1/responses", models[-1])
    for base in ("", "/v1"):
        yield from of_tokens(base, models[-1])
    for base in ("/v1", "/anthropic/v1"):
        yield from of_messages(f"{base}/messages", models[-1])
    yield from of_anthropic_models("/anthropic/v1/models", models[-1])
    yield from of_the_service()


def whole_and_streamed(path, body, status=200):
    yield Request("POST", path, body, status)
    yield Request("POST", path, body | {"stream": True}, status)
    yield Request("POST", path, body | {"stream": True, "stream_options": {"include_usage": True}}, status)


def refused(path, good, style):
    """What every route that generates refuses, from a request that is good."""
    out_of_range = 422 if style == "deepseek" else 400
    yield Request("POST", path, good | {"model": "no-such-model"}, 400 if style == "deepseek" else 404)
    yield Request("POST", path, good | {"temperature": 3}, out_of_range)
    yield Request("POST", path, good | {"temperature": "hot"}, 400)
    yield Request("POST", path, good | {"no_such_field": 1}, out_of_range)
    yield Request("POST", path, good | {"max_tokens": 10_000_000}, 400)
    yield Request("POST", path, {"model": good["model"]}, 400)
    yield Request("POST", path, b"{", 400)
    yield Request("POST", path, good, 401, {"authorization": "Bearer sk-wrong"})
    yield Request("POST", path, good, 415, {"content-type": "text/plain"})
    yield Request("GET", path, None, 405)


def of_models(base, model, style):
    yield Request("GET", f"{base}/models/{model}")
    yield Request("GET", f"{base}/models/no/such", status=400 if style == "deepseek" else 404)
    yield Request("DELETE", f"{base}/models", status=405)


def of_chat(path, model, style):
    good = {"model": model, "messages": QUESTION, "max_tokens": 5}
    for change in (
        {"temperature": 0},
        {"n": 2, "seed": 7, "stop": ["\n\n"]},
        {"logprobs": True, "top_logprobs": 2},
    ):
        yield from whole_and_streamed(path, good | change)
    yield from refused(path, good, style)
    yield Request("POST", path, good | {"messages": []}, 422 if style == "deepseek" else 400)


def of_completions(path, model, style):
    good = {"model": model, "prompt": "One, two,", "max_tokens": 5}
    for change in (
        {"temperature": 0},
        {"n": 2, "seed": 7},
        {"echo": True, "logprobs": 1},
        {"prompt": [[1, 2, 3], [4, 5]]},
    ):
        yield from whole_and_streamed(path, good | change)
    yield from refused(path, good, style)


def of_embeddings(path, model):
    good = {"model": model, "input": "One"}
    for change in ({}, {"encoding_format": "base64"}, {"input": ["One", "two"]}, {"input": [1, 2]}, {"input": [[1], [2, 3]]}):
        yield Request("POST", path, good | change)
    for change in ({"input": []}, {"input": ""}, {"input": 1}, {"encoding_format": "hex"}, {"dimensions": 1}):
        yield Request("POST", path, good | change, 400)
    yield Request("POST", path, good | {"model": "no-such-model"}, 404)
    yield Request("POST", path, good, 401, {"authorization": "Bearer sk-wrong"})
    yield Request("GET", path, None, 405)


def of_responses(path, model):
    ids = []
    keep = lambda answer: ids.append(answer["id"])
    good = {"model": model, "input": "Name three colours.", "max_output_tokens": 5}
    scored = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    for change in ({}, {"instructions": "Be brief.", "metadata": {"a": "b"}, "input": QUESTION}, scored, {"store": False}):
        yield Request("POST", path, good | change)
        yield Request("POST", path, good | change | {"stream": True})
    yield Request("POST", path, good, seen=keep)
    yield Request("GET", f"{path}/{ids[-1]}")
    yield Request("GET", f"{path}/{ids[-1]}/input_items")
    yield Request("GET", f"{path}/{ids[-1]}/input_items?limit=0", status=400)
    yield Request("GET", f"{path}/{ids[-1]}?stream=true", status=400)
    yield Request("POST", f"{path}/{ids[-1]}/cancel", status=400)
    yield Request("POST", path, good | {"previous_response_id": ids[-1]}, seen=keep)
    yield Request("GET", f"{path}/{ids[-1]}/input_items?order=asc&limit=2")
    yield Request("POST", path, good | {"previous_response_id": "resp_none"}, 400)
    yield Request("DELETE", f"{path}/{ids[-1]}")
    for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        yield Request(method, f"{path}/{ids[-1]}{end}", status=404)
    yield Request("POST", path, good | {"background": True, "max_output_tokens": 1_000}, seen=keep)
    yield Request("POST", f"{path}/{ids[-1]}/cancel")
    yield Request("GET", f"{path}/{ids[-1]}")
    yield Request("POST", f"{path}/input_tokens", {"model": model, "input": "One"})
    yield Request("POST", f"{path}/input_tokens", {"model": model}, 400)
    for change in ({"model": "no-such-model"}, {"input": []}, {"input": 1}, {"temperature": 3}, {"no_such_field": 1}):
        yield Request("POST", path, good | change, 404 if "model" in change else 400)
    yield Request("POST", path, good, 401, {"authorization": "Bearer sk-wrong"})
    yield Request("GET", path, None, 405)


def of_tokens(base, model):
    yield Request("POST", f"{base}/tokenize", {"prompt": "One, two"})
    yield Request("POST", f"{base}/tokenize", {"model": model, "messages": QUESTION, "return_token_strs": True})
    yield Request("POST", f"{base}/tokenize", {"prompt": "One", "messages": QUESTION}, 400)
    yield Request("POST", f"{base}/tokenize", {"prompt": "One", "model": "no-such-model"}, 404)
    yield Request("POST", f"{base}/detokenize", {"tokens": [1, 2, 3]})
    yield Request("POST", f"{base}/detokenize", {"tokens": [-1]}, 400)
    yield Request("POST", f"{base}/detokenize", {}, 400)


def of_messages(path, model):
    good = {"model": model, "messages": QUESTION, "max_tokens": 5}
    for change in (
        {"temperature": 0},
        {"system": "You are brief.", "stop_sequences": ["\n\n"], "top_k": 1},
        {"messages": [*QUESTION, {"role": "assistant", "content": "Red,"}], "metadata": {"user_id": "u"}},
    ):
        yield Request("POST", path, good | change)
        yield Request("POST", path, good | change | {"stream": True})
    yield from refused(path, good, "anthropic")
    yield Request("POST", path, good | {"stream": True, "messages": []}, 400)
    counted = {"model": model, "messages": QUESTION}
    yield Request("POST", f"{path}/count_tokens", counted)
    yield Request("POST", f"{path}/count_tokens", counted | {"system": [{"type": "text", "text": "You are brief."}]})
    yield Request("POST", f"{path}/count_tokens", {"model": model}, 400)
    yield Request("POST", f"{path}/count_tokens", counted, 401, {"authorization": "Bearer sk-wrong"})
    yield Request("GET", f"{path}/count_tokens", None, 405)


def of_anthropic_models(path, model):
    yield Request("GET", path)
    yield Request("GET", f"{path}/{model}")
    yield Request("GET", f"{path}/no/such", status=404)
    yield Request("DELETE", path, status=405)


def of_the_service():
    yield Request("GET", "/health")
    yield Request("POST", "/health")
    yield Request("GET", "/user/balance")
    yield Request("POST", "/user/balance", {}, 405)
    for path in ("/", "/v1/unknown", "/beta/unknown", "/user/unknown", "/unknown", "/anthropic/unknown"):
        yield Request("GET", path, status=404)
    for path in ("/v1/models", "/models", "/user/balance", "/v1/messages"):
        yield Request("GET", path, status=401, headers={"authorization": "Bearer sk-wrong"})
