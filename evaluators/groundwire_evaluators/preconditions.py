"""Preconditions of faithfulness evaluators: refusals, missing context, missing answers."""

from collections.abc import Sequence

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.text.markup import UnfinishedError, visible
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import WORD, fold
from groundwire_evaluators.text.words import LANGUAGES
from groundwire_evaluators.turn import Chunk, Turn

_FEWEST_WORDS = 3  # that a sentence of a chunk must share to be the one restated
_STOP = frozenset().union(*(language.stop for language in LANGUAGES.values()))


def not_judged(turn: Turn) -> tuple[State, str] | None:
    """The state of a turn that cannot be judged, and why; None of one that can."""
    if turn.not_evaluable_reason:
        return State.NOT_EVALUABLE, turn.not_evaluable_reason
    if turn.answer is None:
        return State.NOT_EVALUABLE, "no answer"
    try:
        shown = visible(turn.answer)
    except UnfinishedError as error:
        return State.NOT_EVALUABLE, str(error)
    if not shown and turn.answer.strip():
        return State.NO_CLAIMS, "nothing but marks or reasoning"
    if is_refusal(shown) and not restates(shown, turn.chunks):
        return State.REFUSAL, "the answer declines"
    if not any(chunk.text.strip() for chunk in turn.chunks):
        return State.NO_CONTEXT, "no chunk was given"
    return None


def restates(text: str, chunks: Sequence[Chunk]) -> bool:
    """Whether what sounds like a refusal is a sentence of a chunk ("it names no deadline")."""
    words = _words(text)
    if len(words) < _FEWEST_WORDS:
        return False
    return any(
        words <= _words(chunk.text[start:end])
        for chunk in chunks
        if words <= _words(chunk.text)
        for start, end in sentences(chunk.text)
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in WORD.findall(text)) - _STOP
