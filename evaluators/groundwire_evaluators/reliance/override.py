"""Passive override signal: the answer contradicts a value of its context."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.passive import context_suffices, extraction, prior_markers
from groundwire_evaluators.reliance.rivals import Rivals
from groundwire_evaluators.reliance.source import Source, source_of
from groundwire_evaluators.reliance.value_index import Holdings, ValueIndex
from groundwire_evaluators.reliance.values import Kind, Value
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.quantities import Quantity, can_replace
from groundwire_evaluators.text.refusal import declines
from groundwire_evaluators.text.words import ENGLISH, Language
from groundwire_evaluators.turn import Turn

_MARKERS = re.compile(
    r"\[[^\]\n]{1,40}\]|(?m:^[ \t]{0,40}(?:\d{1,2}[.)]|[-*•]|#{1,6})[ \t])|https?://\S+"
)
_FEW_WORDS = 1  # that an answer may add to its value and its question, and still be short
_NUMERIC = (Kind.NUMBER, Kind.COUNT, Kind.AMOUNT, Kind.MONEY, Kind.PERCENT)
_SAMPLE = 4_000  # code points of a chunk whose language is told
_SMALL = 12  # bare numbers up to here count things, number steps and spell "one of"


@dataclass(frozen=True, slots=True)
class Novel:
    """A value of the answer, absent from chunks and question.

    `instead_of` is the value of the same kind that a chunk holds in a matching frame, None where
    there is none: then the value is an addition, not an override. `alone`: the answer says hardly
    more than the value and words of the question.
    """

    value: Value
    instead_of: Value | None
    chunk: int | None
    alone: bool = False


@dataclass(frozen=True)
class Override:
    """Override evaluator: share of turns whose answer overrides its context.

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
    revision: str = field(default="2", init=False)

    def __post_init__(self) -> None:
        if not 0 < self.frame_share <= 1:
            raise ValueError(f"frame_share must be in (0, 1], not {self.frame_share}")

    def judge(self, turn: Turn) -> Evaluation:
        """1 where the answer overrides a value of its context, else 0."""
        state, reason = _state(turn)
        if state is State.REFUSAL:
            signals = {"context_sufficient": float(context_suffices(turn))}
            return self._evaluation(state, None, signals)
        if state is not State.SCORED:
            return self._evaluation(state, reason)
        language = _language(turn)
        answer = Source(_blank(turn.answer or ""), language)
        question = Source(turn.question or "", language)
        chunks = [source_of(chunk.text, language) for chunk in turn.chunks]
        checkable, novel = find_novel(answer, Shown(question, chunks), self.frame_share)
        if not checkable:
            return self._evaluation(State.NO_CLAIMS, "no value that could be checked")
        overrides = [each for each in novel if each.instead_of is not None]
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=1.0 if overrides else 0.0,
            reason="; ".join(map(_description, overrides[:3])) or None,
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


def _language(turn: Turn) -> Language:
    """The language of the chunks, by which numbers are read; English where it is none of ours."""
    shown = next((chunk.text for chunk in turn.chunks if chunk.text.strip()), "")
    return _language_of_chunk(shown[:_SAMPLE]) or ENGLISH


_language_of_chunk = lru_cache(maxsize=512)(language_of)  # chunks recur


def _extraction(turn: Turn, question: Source, chunks: Sequence[Source]) -> dict[str, float]:
    words = Source(turn.answer or "").folded
    coverage, density = extraction(words, question.folded, [each.folded for each in chunks])
    return {"coverage": coverage, "density": density}


class _StatedValue:
    """A value of the answer with the words around it and in the question."""

    def __init__(self, value: Value, answer: Source, question: Source) -> None:
        self.value = value
        self.frame = answer.around(value) | question.words
        # "Six.", "It is six.": the question alone says of what.
        self.alone = len(answer.around(value) - question.words) <= _FEW_WORDS

    @property
    def checkable(self) -> bool:
        meaning = self.value.meaning
        if self.value.kind not in (Kind.NUMBER, Kind.ORDINAL) or not isinstance(meaning, Quantity):
            return True
        return meaning.value > _SMALL or (self.alone and bool(self.frame))

    @property
    def bare(self) -> bool:
        """Whether it is a number alone, in the unit that the question asks for."""
        return self.value.kind is Kind.NUMBER and self.alone

    def rivals(self, value: Value, other: Value) -> bool:
        """Whether another value could replace it."""
        if self.bare and isinstance(other.meaning, Quantity):
            return other.kind in _NUMERIC
        mine, theirs = value.meaning, other.meaning
        if isinstance(mine, Quantity) and isinstance(theirs, Quantity):
            return can_replace(mine, theirs) and value.comparable(other)
        return value.comparable(other)


class Shown:
    """Question and chunks of a turn, indexed once for all claims."""

    def __init__(self, question: Source, chunks: Sequence[Source]) -> None:
        self.question = question
        self._chunks = chunks
        self._sources = (question, *chunks)

    @cached_property
    def _holdings(self) -> Holdings:
        return Holdings(self._sources)

    @cached_property
    def rivals(self) -> Rivals:
        """The values of the chunks, by the words around them."""
        return Rivals(self._chunks, self.question)

    def copies(self, value: Value) -> bool:
        """Whether a source holds the very characters of a value, which is cheap to see."""
        text = value.text.strip()
        return any(source.shows(text) for source in self._sources)

    def holds(self, stated: _StatedValue) -> bool:
        """Whether a source holds the value; a bare number may be that of one with a unit."""
        if self._holdings.cover(stated.value):
            return True
        meaning = stated.value.meaning
        if not stated.bare or not isinstance(meaning, Quantity):
            return False
        return any(meaning.value in source.faces for source in self._sources)


def find_novel(
    answer: Source,
    shown: Shown,
    frame_share: float = 0.3,
    provided: Callable[[], ValueIndex] | None = None,
    names_in_sentences: bool = True,
) -> tuple[list[Value], list[Novel]]:
    """The checkable values of an answer, and those of them that no source holds.

    `provided` gives the values of the whole answer, where `answer` is a part of it. Without
    `names_in_sentences`, names among other words are not looked up. Linear in its texts.
    """
    stated = [_StatedValue(value, answer, shown.question) for value in answer.values]
    checkable = [each for each in stated if each.checkable]
    if not checkable:
        return [], []
    values = [each.value for each in checkable]
    if not names_in_sentences:
        checkable = [each for each in checkable if each.alone or each.value.kind is not Kind.NAME]
    novel = [each for each in checkable if not shown.copies(each.value)]
    novel = [each for each in novel if not shown.holds(each)]
    if not novel:
        return values, []
    own = ValueIndex(answer.values) if provided is None else provided()
    return values, [_novel(each, shown.rivals, own, frame_share) for each in novel]


def _state(turn: Turn) -> tuple[State, str | None]:
    if turn.not_evaluable_reason or turn.answer is None:
        return State.NOT_EVALUABLE, turn.not_evaluable_reason or "no answer"
    if not any(chunk.text.strip() for chunk in turn.chunks):
        return State.NO_CONTEXT, None
    if declines(turn.answer) and not _has_values(turn.answer):
        return State.REFUSAL, None
    return State.SCORED, None


def _has_values(answer: str) -> bool:
    source, nothing = Source(_blank(answer)), Source("")
    return any(_StatedValue(value, source, nothing).checkable for value in source.values)


def _blank(answer: str) -> str:
    """The answer with citations, list numbers and addresses blanked; offsets stay."""
    return _MARKERS.sub(lambda match: " " * len(match[0]), answer)


def _novel(stated: _StatedValue, rivals: Rivals, provided: ValueIndex, share: float) -> Novel:
    found = rivals.best(stated.value, stated.frame, share, stated.rivals, provided)
    rival, chunk = found or (None, None)
    return Novel(stated.value, rival, chunk, stated.alone)


def _description(novel: Novel) -> str:
    instead = novel.instead_of.text.strip() if novel.instead_of else ""
    where = "the chunks" if novel.chunk is None else f"chunk {novel.chunk + 1}"
    return f"“{novel.value.text.strip()}” against “{instead}” in {where}"
