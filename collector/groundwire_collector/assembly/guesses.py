"""Guess of question and answer attributes by their values.

For the advice of `groundwire doctor` alone: no turn is made of a guess.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.attribute_index import is_read
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.value_parsing import parse_answer, parse_question, try_unpack

LEAST_WORDS = 3  # of an answer
LONGEST_QUESTION = 500  # characters

# Attributes of other conventions: of HTTP, databases, hosts. No answer stands in them.
OTHER_CONVENTIONS = re.compile(
    r"(?:http|url|net|network|server|client|peer|db|rpc|messaging|faas|k8s|container|host|os|process"
    r"|thread|code|exception|error|telemetry|service|deployment|user_agent|cloud|aws|otel|enduser"
    r"|session|tls|dns|file|log|event|feature_flag|graphql|cloudevents|user|span|trace)(?:\.|$)"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Attributes guessed to hold a question and its answer."""

    question: str
    answer: str
    question_span: str
    answer_span: str

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.question, self.answer)))


def exchange_in(readings: Iterable[SpanView]) -> Exchange | None:
    """The first text that asks, and the last one that may answer it; None without such a pair.

    A text that holds the question is a prompt and no answer.
    """
    texts = [found for reading in readings for found in _texts(reading)]
    for asking in texts:
        if asking.whole is not None:
            return Exchange(asking.key, asking.key, asking.span, asking.span)
    question = next((text for text in texts if text.asks), None)
    if question is None:
        return None
    answers = [
        text
        for text in texts
        if len(text.text.split()) >= LEAST_WORDS
        and not text.asks
        and question.text not in text.text
    ]
    if not answers:
        return None
    return Exchange(question.key, answers[-1].key, question.span, answers[-1].span)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of a span; `whole`: it is a conversation with its answer."""

    key: str
    span: str
    text: str
    whole: str | None = None

    @property
    def asks(self) -> bool:
        return self.text.rstrip().endswith("?") and len(self.text) <= LONGEST_QUESTION


def _texts(reading: SpanView) -> Iterator[_Text]:
    marked = reading.kind != SpanKind.OTHER  # by a table, which reads what it knows
    for key, value in reading.attributes.items():
        if OTHER_CONVENTIONS.match(key) or not isinstance(value, str) or (marked and is_read(key)):
            continue
        unpacked = try_unpack(value)
        if isinstance(unpacked, str):
            yield _Text(key, reading.span.span_id, unpacked)
        elif isinstance(unpacked, list):
            question, reply = parse_question(unpacked), parse_answer(unpacked)
            if question and reply and question != reply:
                yield _Text(key, reading.span.span_id, question, whole=reply)
