"""The passive override signal: the context held the value, and the answer gives another one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from math import isclose

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.passive import context_suffices, extraction, prior_markers
from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.refusal import declines
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.turn import Turn

_MARKERS = re.compile(r"\[[^\]\n]{1,40}\]|(?m:^\s*(?:\d{1,2}[.)]|[-*•]|#+)\s)|https?://\S+")
_SMALL = 12  # bare numbers up to here count things, number steps and spell "one of"
_MOST_SUMMANDS = 24


@dataclass(frozen=True, slots=True)
class _Sourced:
    """A value of a chunk, with the words of its sentence."""

    value: Value
    words: frozenset[str]


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
    nor a lower bound of context reliance. Canaries and shadow calls see the rest.

    `signals`: `checkable`, `novel`, `overrides` (counts of values), `novel_ratio` in [0, 1],
    `prior_markers` (a count), and the covariates `coverage` in [0, 1] and `density` in words.
    A refusal carries `context_sufficient`, 0 or 1: whether it was called for.
    Price: about 3 ms for an answer of 60 words against 500 words of chunks, on one core.
    """

    frame_share: float = 0.3
    name: str = field(default="override", init=False)
    revision: str = field(default="1", init=False)

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
        checkable, novel = find_novel(turn, self.frame_share)
        if not checkable:
            return self._evaluation(State.NO_CLAIMS, "no value that could be checked")
        overrides = [each for each in novel if each.instead_of is not None]
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=1.0 if overrides else 0.0,
            reason="; ".join(map(_told, overrides[:3])) or None,
            signals=_signals(turn, len(checkable), len(novel), len(overrides)),
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


def _signals(turn: Turn, checkable: int, novel: int, overrides: int) -> dict[str, float]:
    coverage, density = extraction(turn) or (0.0, 0.0)
    return {
        "checkable": float(checkable),
        "novel": float(novel),
        "overrides": float(overrides),
        "novel_ratio": novel / checkable,
        "prior_markers": float(prior_markers(turn.answer or "")),
        "coverage": coverage,
        "density": density,
    }


def find_novel(turn: Turn, frame_share: float = 0.3) -> tuple[list[Value], list[Novel]]:
    """The checkable values of the turn's answer, and those of them that no source holds."""
    answer = _blank(turn.answer or "")
    question = turn.question or ""
    checkable = [value for value in find_values(answer) if _is_checkable(value)]
    if not checkable:
        return [], []
    asked = find_values(question)
    sourced = [(i, each) for i, chunk in enumerate(turn.chunks) for each in _sourced(chunk.text)]
    known = _distinct([*asked, *(each.value for _, each in sourced)])
    words = content_words("\n".join([question, *(chunk.text for chunk in turn.chunks)]))
    novel = [value for value in checkable if not _covered(value, known, words)]
    if not novel:
        return checkable, []
    rivals = [(chunk, each) for chunk, each in sourced if not _given(each.value, asked)]
    found = [_novel(value, answer, question, checkable, rivals, frame_share) for value in novel]
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


@lru_cache(maxsize=4096)
def _sourced(text: str) -> tuple[_Sourced, ...]:
    """The values of a chunk; chunks come again and again, so the last ones are kept."""
    extents = list(sentences(text))
    return tuple(
        _Sourced(value, content_words(text[slice(*_sentence(extents, value))]))
        for value in find_values(text)
    )


def _sentence(extents: list[tuple[int, int]], value: Value) -> tuple[int, int]:
    return next((each for each in extents if value.start < each[1]), extents[-1])


def _distinct(values: list[Value]) -> list[Value]:
    return list({(value.kind, value.text): value for value in values}.values())


def _given(value: Value, said: list[Value]) -> bool:
    return any(each.matches(value) or value.matches(each) for each in said)


def _covered(value: Value, known: list[Value], words: frozenset[str]) -> bool:
    if any(value.matches(other) for other in known):
        return True
    if value.kind is Kind.NAME:
        return content_words(value.text) <= words
    return isinstance(value.meaning, Quantity) and _derived(value.meaning, known)


def _derived(said: Quantity, known: list[Value]) -> bool:
    """Whether it is the sum, the difference or the ratio in percent of two known quantities."""
    numbers = [
        value.meaning.value
        for value in known
        if isinstance(value.meaning, Quantity)
        and (value.meaning.unit == said.unit or said.unit == "percent")
    ][:_MOST_SUMMANDS]
    for a, b in combinations(numbers, 2):
        made = [a + b, abs(a - b)]
        if said.unit == "percent" and a and b:
            made += [abs(100 * (a - b) / b), abs(100 * (a - b) / a), 100 * a / b, 100 * b / a]
        if any(isclose(said.value, each, abs_tol=said.step / 2) for each in made):
            return True
    return False


def _novel(
    value: Value,
    answer: str,
    question: str,
    said: list[Value],
    rivals: list[tuple[int, _Sourced]],
    share: float,
) -> Novel:
    """With the value of the best matching frame, unless the answer gives that too.

    Of equally matching values one that the answer gives explains a number ("$49 a month, $588 a
    year"), but no name: the names of a sentence play different parts.
    """
    start, end = _sentence(list(sentences(answer)), value)
    around = content_words(answer[start : value.start] + " " + answer[value.end : end])
    frame = around | content_words(question)
    fitting = [
        (len(frame & rival.words), _given(rival.value, said), chunk, rival.value)
        for chunk, rival in rivals
        if value.comparable(rival.value)
        and len(frame & rival.words) >= max(1, share * min(len(frame), len(rival.words)))
    ]
    if not fitting:
        return Novel(value, None, None)
    explains = value.kind is not Kind.NAME
    _, given, chunk, best = max(fitting, key=lambda each: (each[0], each[1] is explains))
    return Novel(value, None, None) if given else Novel(value, best, chunk)


def _told(novel: Novel) -> str:
    instead = novel.instead_of.text.strip() if novel.instead_of else ""
    return f"says {novel.value.text.strip()!r} where chunk {novel.chunk} has {instead!r}"
