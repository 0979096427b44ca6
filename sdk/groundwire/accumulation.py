"""Bounded accumulation of a stream's text and chunks."""

import codecs
import hashlib
import time
from typing import Any

from groundwire import attributes
from groundwire.diagnostics import trouble
from groundwire.observation import Observation
from groundwire.reading.answers import ModelAnswer
from groundwire.reading.chunks import RetrievedChunk, read_chunks
from groundwire.reading.stream_items import read_item

MAX_GATHERED = 1 << 20  # characters of a streamed text that are kept
MAX_CHUNKS = 1_000


class StreamAccumulator:
    """Accumulated text of one stream, bounded."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._answer = ModelAnswer()
        self._pieces: list[str] = []
        self._length = 0
        self._gathered_length = 0
        self._hash: Any = None
        self._decoder: Any = None
        self._chunks: list[RetrievedChunk] = []
        self._override = observation.spec.answer
        observation.extra[attributes.STREAMED] = True

    def add(self, item: Any) -> None:
        """Read one item; never raises."""
        try:
            if self._observation.spec.kind == "retrieval":
                if len(self._chunks) < MAX_CHUNKS:
                    self._chunks.extend(read_chunks(item) or ())
                return
            text = self._text(item) if self._observation.operation else None
            if text:
                self._keep(text)
        except Exception as error:
            trouble("stream item", error)

    def _text(self, item: Any) -> str | None:
        if self._override is not None:
            reported = self._override(item)
            return reported if isinstance(reported, str) else None
        if isinstance(item, bytes | bytearray):
            if self._decoder is None:
                self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            decoded: str = self._decoder.decode(bytes(item))
            return decoded
        return read_item(item, self._answer)

    def _keep(self, text: str) -> None:
        if not self._length:
            waited = time.perf_counter() - self._observation.started
            self._observation.extra[attributes.TIME_TO_FIRST_CHUNK] = waited
        self._length += len(text)
        if self._hash is None and self._length > MAX_GATHERED:
            self._hash = hashlib.sha256()
            for piece in self._pieces:
                self._hash.update(piece.encode("utf-8", "surrogatepass"))
        if self._hash is not None:
            self._hash.update(text.encode("utf-8", "surrogatepass"))
        room = MAX_GATHERED - self._gathered_length
        if room > 0:
            accepted = text[:room]
            self._gathered_length += len(accepted)
            self._pieces.append(accepted)

    def finish(self) -> None:
        """End of the stream: hand the accumulated answer to the observation."""
        observation = self._observation
        if observation.operation is None:
            return
        if observation.spec.kind == "retrieval":
            observation.chunks = self._chunks
            if observation.turn is not None:
                observation.turn.retrieved = True
            return
        if self._length:
            self._answer.text = "".join(self._pieces)
        observation.answer = self._answer
        if self._hash is not None:
            observation.answer_length = self._length
            observation.answer_sha256 = self._hash.hexdigest()
