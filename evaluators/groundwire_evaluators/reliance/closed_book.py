"""Closed-book comparison: would the model answer the same without context?

A production answer and the closed-book answers of the same model to the same question fall into a
cell of `reliance/memorization.py`.
"""

from collections.abc import Hashable, Sequence

from groundwire_evaluators.reliance.equivalence import asserted_in, equivalent
from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.memorization import ClosedBookComparison, RelianceCell
from groundwire_evaluators.reliance.passive import context_suffices
from groundwire_evaluators.reliance.values import find_values
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.turn import Turn

UNSTABLE = 0.6  # share of closed-book draws that must agree for memory to be committed
OTHERS = 60  # answers to other questions that tell what a model answers to anything
_FEWEST_OTHERS = 20  # below this they tell nothing
_MENTIONS_QUESTION = 0.3  # of the question's content words, in a chunk that has a rival value
_STOCK = 0.05  # share of them that may agree by chance


def compare_closed_book(
    turn: Turn,
    closed_book: Sequence[str | None],
    *,
    probability: float = 1.0,
    supported: bool | None = None,
    others: Sequence[str] = (),
) -> ClosedBookComparison:
    """Classify a production turn by its closed-book answers.

    None among `closed_book` is a call that failed. `supported` says whether the production answer
    is supported by its chunks, where an evaluator has judged that (grounding: not flagged); without
    it the answer's values and words are looked up in the chunks. `others` are answers of the same
    model to other questions: what more than one in twenty of them say as well ("10.", "Have a nice
    day") is an answer to anything, and no memory of this question's. About 0.5 ms, and 0.2 ms for
    each of `others` where the answer is not supported and agrees with memory.

    >>> from groundwire_evaluators.reliance.closed_book import compare_closed_book
    >>> from groundwire_evaluators.turn import Chunk, Turn
    >>> chunk = Chunk(text="Refunds are paid within 14 days.")
    >>> turn = Turn(question="How long do refunds take?", chunks=(chunk,), answer="30 days.")
    >>> found = compare_closed_book(turn, closed_book=["30 days.", "About 30 days."])
    >>> found.cell.value, found.diagnostic
    ('parametric_override', True)
    """
    answer, question = turn.answer or "", turn.question or ""
    context = "\n".join(chunk.text for chunk in turn.chunks)
    cluster: Hashable = question
    if not answer.strip() or is_refusal(answer):
        return ClosedBookComparison(
            cell=RelianceCell.REFUSAL, diagnostic=False, memory_strength=0.0,
            probability=probability, cluster=cluster,
        )  # fmt: skip
    memory, strength = _memory(closed_book, question)
    if memory is None:
        return ClosedBookComparison(
            cell=RelianceCell.ABSTAINED, diagnostic=False, memory_strength=strength,
            probability=probability, cluster=cluster,
        )  # fmt: skip
    if supported is None:
        supported = asserted_in(answer, context, question)
    cell = _cell(supported, equivalent(answer, memory, question))
    stock = cell is RelianceCell.PARAMETRIC_OVERRIDE and _is_stock(answer, others, question)
    return ClosedBookComparison(
        cell=cell,
        diagnostic=not stock
        and (context_suffices(turn) or _offers_rival(turn, memory))
        and not asserted_in(memory, context, question),
        memory_strength=strength,
        probability=probability,
        cluster=cluster,
    )


def _cell(supported: bool, same: bool) -> RelianceCell:
    if supported:
        return RelianceCell.REDUNDANT if same else RelianceCell.CONTEXT_DRIVEN
    return RelianceCell.PARAMETRIC_OVERRIDE if same else RelianceCell.UNSUPPORTED_OTHER


def _offers_rival(turn: Turn, memory: str) -> bool:
    """Whether a chunk that shares words with the question has a value of the kind memory gives.

    A user's own words are seldom those of the page: "How long do refunds take?" where the page says
    "Refunds are paid within 14 days".
    """
    wanted = content_words(turn.question or "")
    remembered = find_values(memory)
    return any(
        len(wanted & content_words(chunk.text)) >= _MENTIONS_QUESTION * len(wanted)
        and any(one.comparable(other) for one in remembered for other in find_values(chunk.text))
        for chunk in turn.chunks
        if wanted and remembered
    )


def _is_stock(answer: str, others: Sequence[str], question: str) -> bool:
    """Whether the model gives this answer to other questions too, more than now and then."""
    if len(others) < _FEWEST_OTHERS:
        return False
    alike = sum(equivalent(answer, other, question) for other in others[:OTHERS])
    return alike > _STOCK * len(others[:OTHERS])


def _memory(closed_book: Sequence[str | None], question: str) -> tuple[str | None, float]:
    """The committed closed-book answer and the share of draws that agree with it."""
    answers = [each for each in closed_book if each and each.strip() and not is_refusal(each)]
    if not answers:
        return None, 0.0
    votes = [sum(equivalent(one, other, question) for other in answers) for one in answers]
    most = max(votes)
    strength = most / len(closed_book)
    return (answers[votes.index(most)] if strength >= UNSTABLE else None), strength
