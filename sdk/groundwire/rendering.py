"""Rendering of observations to span attributes, in the exporter's thread.

Why: docs/decisions/0010-content-beside-the-span.md
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from groundwire import attributes as names
from groundwire.reading.answers import ModelAnswer
from groundwire.reading.chunks import RetrievedChunk
from groundwire.reading.logprobs import read_logprobs
from groundwire.redaction import keyed_hash

Redact = Callable[[str], str]


class EndedSpan(Protocol):
    """Plain values of an ended span."""

    operation: str | None
    tags: Mapping[str, Any]
    extra: Mapping[str, Any]
    question: str | None
    messages: Sequence[tuple[str, str]] | None
    chunks: Sequence[RetrievedChunk] | None
    answer: ModelAnswer | None
    answer_length: int | None
    answer_sha256: str | None


@dataclass(frozen=True)
class ContentPolicy:
    """Limits on texts that are sent: see `Settings`."""

    content: str = "full"
    max_text: int = 65_536
    max_chunks: int = 1_000
    hash_key: bytes = b""


_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def encodable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which UTF-8 cannot carry."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


@dataclass
class Rendering:
    """Attributes of one span: texts are masked, cut or hashed."""

    policy: ContentPolicy
    redact: Redact = encodable
    attributes: dict[str, Any] = field(default_factory=dict)
    cut: dict[str, Any] = field(default_factory=dict)
    hashed: dict[str, Any] = field(default_factory=dict)

    def add(self, held: EndedSpan) -> dict[str, Any]:
        """The attributes of `held`, texts treated by the policy, cuts listed."""
        out = self.attributes
        out.update(held.tags)
        if held.operation != names.OPERATION_TURN:
            out.pop(names.ROUTE, None)
        out.update(held.extra)
        if held.operation is None:  # a step of a turn: timed, not judged
            return out
        out[names.OPERATION] = held.operation
        if held.operation == names.OPERATION_RETRIEVAL:
            self._text(names.QUERY, held.question)
        else:
            self._input(held)
        if held.chunks is not None:
            self._documents(held.chunks)
        if held.answer is not None:
            self._answer(held.answer, held.answer_length, held.answer_sha256)
        if self.cut:
            out[names.TRUNCATED] = dumps(self.cut)
        if self.hashed:
            out[names.HASHED] = dumps(self.hashed)
        return out

    def _input(self, held: EndedSpan) -> None:
        messages = held.messages
        if messages is None and held.question is not None:
            messages = [("user", held.question)]
        if messages is not None:
            self._messages(names.INPUT_MESSAGES, messages, ())

    def _answer(self, answer: ModelAnswer, length: int | None, sha256: str | None) -> None:
        out = self.attributes
        if answer.text is not None:
            self._messages(
                names.OUTPUT_MESSAGES, [("assistant", answer.text)], answer.finish_reasons
            )
            if length is not None:  # the stream's gathering was cut already
                self.cut[names.OUTPUT_MESSAGES] = {"original_length": length, "sha256": sha256}
        _put(out, names.RESPONSE_MODEL, answer.model)
        _put(out, names.RESPONSE_ID, answer.response_id)
        _put(out, names.FINISH_REASONS, answer.finish_reasons or None)
        _put(out, names.INPUT_TOKENS, answer.input_tokens)
        _put(out, names.OUTPUT_TOKENS, answer.output_tokens)
        _put(out, names.CACHED_TOKENS, answer.cached_tokens or None)
        _put(out, names.REASONING_TOKENS, answer.reasoning_tokens or None)
        if answer.logprobs is not None:
            logprobs = read_logprobs(answer.logprobs)
            if logprobs is not None:
                out[names.LOGPROB_MEAN], out[names.LOGPROB_MIN] = logprobs.mean, logprobs.minimum
                _put(out, names.LOGPROB_ENTROPY, logprobs.entropy)

    def _messages(
        self, name: str, messages: Sequence[tuple[str, str]], reasons: Sequence[str]
    ) -> None:
        rendered = []
        for role, text in messages:
            part, cut = self._treated(text)
            rendered.append({"role": role, "parts": [{"type": "text", **part}]})
            if cut:
                self.cut[name] = cut
        if reasons and rendered:
            rendered[-1]["finish_reason"] = reasons[0]
        if self.policy.content != "none":
            self.attributes[name] = dumps(rendered)

    def _text(self, name: str, text: str | None) -> None:
        if text is None or self.policy.content == "none":
            return
        part, cut = self._treated(text)
        self.attributes[name] = part.pop("content")
        if part:
            self.hashed[name] = part
        if cut:
            self.cut[name] = cut

    def _documents(self, chunks: Sequence[RetrievedChunk]) -> None:
        documents: list[dict[str, Any]] = []
        cuts: dict[str, Any] = {}
        for rank, chunk in enumerate(chunks[: self.policy.max_chunks]):
            document: dict[str, Any] = {}
            if chunk.id is not None:
                document["id"] = self.redact(chunk.id)
            _put(document, "score", chunk.score)
            if chunk.text is not None and self.policy.content != "none":
                part, cut = self._treated(chunk.text)
                document.update(part)
                if cut:
                    cuts[str(rank)] = cut
            if chunk.metadata and self.policy.content == "full":
                document["metadata"] = redacted(chunk.metadata, self.redact)
            documents.append(document)
        self.attributes[names.DOCUMENTS] = dumps(documents)
        if len(chunks) > len(documents):
            self.cut[names.DOCUMENTS] = {"original_count": len(chunks), "chunks": cuts}
        elif cuts:
            self.cut[names.DOCUMENTS] = {"chunks": cuts}

    def _treated(self, text: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Masked, then truncated text, with what was cut: no cut can halve a secret."""
        if self.policy.content == "hash":
            keyed = {"hmac_sha256": keyed_hash(text, self.policy.hash_key), "length": len(text)}
            return {"content": names.REDACTED, **keyed}, None
        try:
            text = self.redact(text)
        except Exception:
            return {"content": names.REDACTED}, None
        if len(text) <= self.policy.max_text:
            return {"content": text}, None
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        cut = {"original_length": len(text), "sha256": digest}
        return {"content": text[: self.policy.max_text]}, cut


def redacted(value: Any, redact: Redact) -> Any:
    """A JSON value with every text in it masked, the keys of mappings included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, redact) for item in value]
    return value


def dumps(value: Any) -> str:
    """Compact JSON; a lone surrogate, which UTF-8 cannot carry, becomes a question mark."""
    text = _ENCODER.encode(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _put(out: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        out[name] = value
