"""The passive override signal: the context held the value, and the answer gives another one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.holdings import Holdings
from groundwire_evaluators.reliance.passive import context_suffices, extraction, prior_markers
from groundwire_evaluators.reliance.source import Source
from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.refusal import declines
from groundwire_evaluators.text.shelf import Shelf
from groundwire_evaluators.text.words import ENGLISH
from groundwire_evaluators.turn import Turn

_MARKERS = re.compile(r"\[[^\]\n]{1,40}\]|(?m:^\s*(?:\d{1,2}[.)]|[-*•]|#+)\s)|https?://\S+")
_SMALL = 12  # bare numbers up to here count things, number steps and spell "one of"


@dataclass(frozen=True, slots=True)
class Novel:
    """A value of the answer that stands in neither the chunks nor the question.

    `instead_of` is the value of the same kind that a chunk holds in a matching frame, None where
    there is none: then the value is an addition, not an override.
    """

    value: Value
    instead_of: Value | None
    chunk: int | None


@dataclass(frozen=True)
class Override:
    """The share of turns whose answer overrides a value of its context; a passive signal.

    1: the answer asserts a value (number with a unit, date, money, percentage, version, code or
    name) that stands in neither the chunks nor the question, while a chunk holds another value of
    the same kind and unit in a matching frame (its sentence shares `frame_share` of the content
    words around the answer's value and in the question), which the answer does not give.
    0: there are checkable values, and none is overridden; a value that no chunk has a rival for is
    an addition, counted in the signal `novel`. States: `refusal`, `no_context`, `not_evaluable`
    as everywhere; `no_claims` where the answer asserts nothing checkable, which is neither good
    nor bad: an answer in plain words says nothing about its source.

    It sees unsupported insertions ONLY. An answer from memory that agrees with the chunks is
    invisible to it, and so is one that recites a wrong value of the chunks; it is neither an upper
    nor a lower bound of context reliance. Probes and closed-book calls see the rest.

    `signals`: `checkable`, `novel`, `overrides` (counts of values), `novel_ratio` in [0, 1],
    `prior_markers` (a count), and the covariates `coverage` in [0, 1] and `density` in words.
    A refusal carries `context_sufficient`, 0 or 1: whether it was called for.
    Price: about 3 ms for an answer of 60 words against 500 words of chunks, on one core.
    """

    frame_share: float = 0.3
    name: str = field(default="override", init=False)
    revision: str = field(default="1", init=False)
    _shelf: Shelf[Source] = field(
        default_factory=lambda: Shelf(Source), init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not 0 < self.frame_share <= 1:
            raise ValueError(f"frame_share must be in (0, 1], not {self.frame_share}")

    def evaluate(self, turns: Sequence[Turn]) -> list[Evaluation]:
        return [self._guarded(turn) for turn in turns]

    def _guarded(self, turn: Turn) -> Evaluation:
        try:
            return self._judge(turn)
        except Exception as error:  # one bad turn must not take its batch along
            return self._evaluation(State.FAILED, f"{type(error).__name__}: {error}")

    def _judge(self, turn: Turn) -> Evaluation:
        state, reason = _state(turn)
        if state is State.REFUSAL:
            signals = {"context_sufficient": float(context_suffices(turn))}
            return self._evaluation(state, None, signals)
        if state is not State.SCORED:
            return self._evaluation(state, reason)
        answer, question = Source(_blank(turn.answer or "")), Source(turn.question or "")
        chunks = [self._shelf.reading(chunk.text, ENGLISH) for chunk in turn.chunks]
        checkable, novel = find_novel(answer, question, chunks, self.frame_share)
        if not checkable:
            return self._evaluation(State.NO_CLAIMS, "no value that could be checked")
        overrides = [each for each in novel if each.instead_of is not None]
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=1.0 if overrides else 0.0,
            reason="; ".join(map(_told, overrides[:3])) or None,
            signals={
                "checkable": float(len(checkable)),
                "novel": float(len(novel)),
                "overrides": float(len(overrides)),
                "novel_ratio": len(novel) / len(checkable),
                "prior_markers": float(prior_markers(turn.answer or "")),
                **_extraction(turn, question, chunks),
            },
        )

    def _evaluation(
        self, state: State, reason: str | None, signals: Mapping[str, float] | None = None
    ) -> Evaluation:
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=state,
            reason=reason,
            signals=signals or {},
        )


def _extraction(turn: Turn, question: Source, chunks: Sequence[Source]) -> dict[str, float]:
    words = Source(turn.answer or "").folded
    coverage, density = extraction(words, question.folded, [each.folded for each in chunks])
    return {"coverage": coverage, "density": density}


def find_novel(
    answer: Source, question: Source, chunks: Sequence[Source], frame_share: float = 0.3
) -> tuple[list[Value], list[Novel]]:
    """The checkable values of an answer, and those of them that no source holds."""
    checkable = [value for value in answer.values if _is_checkable(value)]
    if not checkable:
        return [], []
    held = Holdings([question, *chunks])
    novel = [value for value in checkable if not held.cover(value)]
    if not novel:
        return checkable, []
    found = [_novel(value, answer, question, checkable, chunks, frame_share) for value in novel]
    return checkable, found


def _state(turn: Turn) -> tuple[State, str | None]:
    if turn.not_evaluable_reason or turn.answer is None:
        return State.NOT_EVALUABLE, turn.not_evaluable_reason or "no answer"
    if not any(chunk.text.strip() for chunk in turn.chunks):
        return State.NO_CONTEXT, None
    if declines(turn.answer) and not any(map(_is_checkable, find_values(_blank(turn.answer)))):
        return State.REFUSAL, None
    return State.SCORED, None


def _blank(answer: str) -> str:
    """The answer with citations, list numbers and addresses blanked; offsets stay."""
    return _MARKERS.sub(lambda match: " " * len(match[0]), answer)


def _is_checkable(value: Value) -> bool:
    meaning = value.meaning
    if value.kind not in (Kind.NUMBER, Kind.ORDINAL) or not isinstance(meaning, Quantity):
        return True
    return meaning.value > _SMALL


def _given(value: Value, said: list[Value]) -> bool:
    return any(each.matches(value) or value.matches(each) for each in said)


def _novel(
    value: Value,
    answer: Source,
    question: Source,
    said: list[Value],
    chunks: Sequence[Source],
    share: float,
) -> Novel:
    """With the value of the best matching frame, unless the answer gives that too.

    Of equally matching values one that the answer gives explains a number ("$49 a month, $588 a
    year"), but no name: the names of a sentence play different parts.
    """
    start, end = answer.sentence(value)
    around = answer.text[start : value.start] + " " + answer.text[value.end : end]
    frame = content_words(around) | question.words
    fitting = [
        (len(frame & chunk.frame(rival)), _given(rival, said), number, rival)
        for number, chunk in enumerate(chunks)
        for rival in chunk.values
        if value.comparable(rival)
        and _meet(frame, chunk.frame(rival), share)
        and not _given(rival, question.values)
    ]
    if not fitting:
        return Novel(value, None, None)
    explains = value.kind is not Kind.NAME
    _, given, number, best = max(fitting, key=lambda each: (each[0], each[1] is explains))
    return Novel(value, None, None) if given else Novel(value, best, number)


def _meet(one: frozenset[str], other: frozenset[str], share: float) -> bool:
    return len(one & other) >= max(1, share * min(len(one), len(other)))


def _told(novel: Novel) -> str:
    instead = novel.instead_of.text.strip() if novel.instead_of else ""
    return f"says {novel.value.text.strip()!r} where chunk {novel.chunk} has {instead!r}"
