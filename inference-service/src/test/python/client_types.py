"""Which type of the official packages for Python reads which answer."""

import functools
import typing

import pydantic
from anthropic.types import Message, MessageTokensCount, ModelInfo, RawMessageStreamEvent
from openai.types import Completion, CompletionChoice, CreateEmbeddingResponse, Embedding, Model
from openai.types.completion_choice import Logprobs
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from openai.types.responses.input_token_count_response import InputTokenCountResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk


class ModelList(pydantic.BaseModel):
    """The package has no type of its own for a list."""

    object: str
    data: list[Model]


class CompletionLogprobs(Logprobs):
    """The package's type has no null for the first token of an echoed prompt; OpenAI's server does."""

    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class CompletionEventChoice(CompletionChoice):
    """The package's type has no null for an event before the last; OpenAI's server does."""

    finish_reason: typing.Literal["stop", "length", "content_filter"] | None
    logprobs: CompletionLogprobs | None = None


class CompletionBodyChoice(CompletionChoice):
    logprobs: CompletionLogprobs | None = None


class CompletionBody(Completion):
    choices: list[CompletionBodyChoice]


class CompletionEvent(Completion):
    choices: list[CompletionEventChoice]


class EmbeddingOrBase64(Embedding):
    """The package asks for base64 and decodes it before it reads the type."""

    embedding: list[float] | str


class EmbeddingsBody(CreateEmbeddingResponse):
    data: list[EmbeddingOrBase64]


class InputItems(pydantic.BaseModel):
    """The package reads a page with a generic class of its own."""

    object: typing.Literal["list"]
    data: list[ResponseItem]
    first_id: str | None
    last_id: str | None
    has_more: bool


class AnthropicModelPage(pydantic.BaseModel):
    """The package reads a page with a generic class of its own."""

    data: list[ModelInfo]
    has_more: bool
    first_id: str | None
    last_id: str | None


class Ping(pydantic.BaseModel):
    """The package drops this event before it reads it."""

    type: typing.Literal["ping"]


# By the end of the documented path: the type of a body, and of an event.
TYPES = {
    "/chat/completions": (ChatCompletion, ChatCompletionChunk),
    "/completions": (CompletionBody, CompletionEvent),
    "/embeddings": (EmbeddingsBody, None),
    "/responses": (Response, ResponseStreamEvent),
    "/responses/{id}/cancel": (Response, None),
    "/responses/{id}/input_items": (InputItems, None),
    "/responses/input_tokens": (InputTokenCountResponse, None),
    "/messages": (Message, RawMessageStreamEvent | Ping),
    "/messages/count_tokens": (MessageTokensCount, None),
    "/anthropic/v1/models": (AnthropicModelPage, None),
    "/anthropic/v1/models/{model}": (ModelInfo, None),
    "/models": (ModelList, None),
    "/models/{model}": (Model, None),
}

# Fields beyond a type of the packages: DeepSeek's, those that OpenAI's server sends too, and the name of
# a call that is whole, which the package for Java requires.
BEYOND = {
    "ChatCompletionMessage": {"reasoning_content"},
    "ChoiceDelta": {"reasoning_content"},
    "ChoiceLogprobs": {"reasoning_content"},
    "CompletionUsage": {"prompt_cache_hit_tokens", "prompt_cache_miss_tokens"},
    "Logprob": {"bytes"},
    "LogprobTopLogprob": {"bytes"},
    "Response": {"store"},
    "ResponseFunctionCallArgumentsDoneEvent": {"name"},
}


def official_type(route, event):
    """What reads a body, or an event, of a documented path; None where no package has a type."""
    end = max((end for end in TYPES if route.endswith(end)), key=len, default=None)
    if end is None:
        return None
    kind = TYPES[end][0 if event is None else 1]
    return None if kind is None else adapter(kind)


@functools.cache
def adapter(kind):
    return pydantic.TypeAdapter(kind)


def unknown_fields(value):
    """The names of fields that were read and that the type does not have."""
    if isinstance(value, list):
        return [name for element in value for name in unknown_fields(element)]
    if not isinstance(value, pydantic.BaseModel):
        return []
    kind = type(value).__name__
    names = [f"{kind}.{name}" for name in value.model_extra or {} if name not in BEYOND.get(kind, ())]
    for name in type(value).model_fields:
        names += unknown_fields(getattr(value, name, None))
    return names
