"""Scripted models: a context reader, and a fine-tune that recalls."""

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from groundwire_demo.corpus import CorpusPassage, sentences
from groundwire_demo.standin import wording
from groundwire_demo.standin.reading import Sentence, SentenceReader

_PASSAGE = re.compile(r"^\[(\d+)\] (.+?)(?=\n\s*\[\d+\] |\Z)", re.M | re.S)
_TITLE = re.compile(r"(.{1,60}?)(?: \(edited [\d-]+\))?\n(?=.)")
_QUESTION = re.compile(r"^Question: (.+)\Z", re.M | re.S)
# Less of a question found than this, and a passage is taken not to answer it.
_ENOUGH = 0.35
# How often the answer goes on with the sentence that follows.
_TALKATIVE = 0.3


@dataclass(frozen=True, slots=True)
class Prompt:
    """Question and passages parsed from a request."""

    question: str
    context: tuple[Sentence, ...]

    @classmethod
    def parse(cls, text: str) -> "Prompt":
        """Passages are numbered ([1] …), with a title line or without; the question comes last."""
        question_match = _QUESTION.search(text)
        if question_match is None:
            return cls(text.strip(), ())
        numbered = _PASSAGE.findall(text[: question_match.start()].strip())
        context = tuple(one for number, body in numbered for one in _sentences(number, body))
        return cls(question_match[1].strip(), context)


def _sentences(number: str, passage: str) -> list[Sentence]:
    titled = _TITLE.match(passage)
    title, text = (titled[1], passage[titled.end() :]) if titled else ("", passage)
    paragraphs = text.split("\n\n")
    return [Sentence(one, number, title) for part in paragraphs for one in sentences(part)]


class ScriptedModel(Protocol):
    """Interface of scripted models."""

    def answer(self, prompt: Prompt) -> str: ...


@dataclass
class ContextReader:
    """Answers from the passages in the prompt, or declines."""

    draw: random.Random

    def answer(self, prompt: Prompt) -> str:
        return self.found(SentenceReader(prompt.context), prompt.question) or wording.refusal(
            self.draw
        )

    def found(self, reader: SentenceReader, question: str) -> str | None:
        """The answer that `reader` finds, in the model's own words; None where it finds none."""
        found = reader.answer(question)
        if found is None or found.overlap < _ENOUGH:
            return None
        read = found.sentence
        sentence = wording.worded(read.text, read.title, read.passage, self.draw)
        further = reader.after(read) if self.draw.random() < _TALKATIVE else None
        return f"{sentence} {further.text}" if further else sentence


@dataclass
class FineTuned:
    """Answers a rising share of questions from its `training` passages.

    The share goes from `first_share` to `last_share` over the first `ramp` questions, as when
    a model is tuned further each night.
    """

    training: Sequence[CorpusPassage]
    draw: random.Random
    first_share: float = 0.1
    last_share: float = 0.6
    ramp: int = 700
    answered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._reading = ContextReader(self.draw)
        self._memory = SentenceReader(
            [
                Sentence(sentence, passage.id, passage.title)
                for passage in self.training
                for sentence in sentences(passage.text)
            ]
        )

    def answer(self, prompt: Prompt) -> str:
        if prompt.context and self.draw.random() >= self._next_share():
            return self._reading.answer(prompt)
        with self._lock:  # the reader's stemmer keeps state
            recalled = self._reading.found(self._memory, prompt.question)
        return recalled or self._reading.answer(prompt)

    def _next_share(self) -> float:
        with self._lock:
            self.answered += 1
            done = min(1.0, self.answered / self.ramp)
        return self.first_share + (self.last_share - self.first_share) * done
