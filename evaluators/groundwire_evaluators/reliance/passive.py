"""Passive reliance signals of every turn, without further calls."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.labelling import label
from groundwire_evaluators.reliance.outcome import ConflictCase, Outcome
from groundwire_evaluators.reliance.values import Value, find_values
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.turn import Turn

_PRIOR = re.compile(
    r"\b(?:as\s+of\s+my|to\s+(?:the\s+best\s+of\s+)?my)\s+(?:last\s+|latest\s+)?(?:knowledge|training)"
    r"|\bmy\s+(?:training\s+data|own\s+knowledge|internal\s+knowledge|general\s+knowledge)\b"
    r"|\b(?:from|based\s+on|by)\s+(?:my\s+)?general\s+knowledge\b|\bas\s+far\s+as\s+i\s+know\b"
    r"|\b(?:documents?|context|passages?|text|article|source)s?\b[^.]{0,40}\b(?:incorrectly|wrongly|"
    r"mistakenly|erroneously)\b"
    r"|\bcontrary\s+to\s+(?:what\s+)?the\s+(?:\w+\s+)?(?:documents?|context|passages?|text|article|source)\b"
    r"|\bnot\s+[^.,;]{1,40},\s+as\s+the\s+(?:documents?|context|passages?|text|article|page|source)\b",
    re.IGNORECASE,
)  # fmt: skip
_SUFFICIENT = 0.6  # of the question's content words in one chunk
_MOST_PLACES = 64  # of a pair of words that are followed: texts of one word stay linear


def prior_markers(answer: str) -> int:
    """Places where an answer says in words that it draws on memory or overrules its context."""
    return sum(1 for _ in _PRIOR.finditer(answer))


def extraction(
    answer: Sequence[str], question: Iterable[str], chunks: Sequence[Sequence[str]]
) -> tuple[float, float]:
    """Coverage and density of the answer's extractive fragments (Grusky et al. 2018, Newsroom,
    https://aclanthology.org/N18-1065), without the words of the question; of folded words.

    Coverage in [0, 1] is the share of the answer's words inside fragments copied from a chunk,
    density the mean squared length of those fragments in words; both 0 where no word is left. They
    move with style: covariates.
    """
    question_words = set(question)
    words = [word for word in answer if word not in question_words]
    if not words:
        return 0.0, 0.0
    lengths = _fragments(words, [[w for w in chunk if w not in question_words] for chunk in chunks])
    return sum(lengths) / len(words), sum(n * n for n in lengths) / len(words)


def context_suffices(turn: Turn) -> bool:
    """Whether one chunk speaks of what the question asks; a proxy.

    It says whether a refusal was called for. Lexical, so it takes "speaks of it" for "answers it";
    published judges of sufficiency agree with people on 0.93 of turns, "contains the answer" on
    0.81 (Joren et al. 2025, https://arxiv.org/abs/2411.06037).
    """
    wanted = content_words(turn.question or "")
    if not wanted:
        return False
    return any(
        len(wanted & content_words(chunk.text)) >= _SUFFICIENT * len(wanted)
        for chunk in turn.chunks
    )


def passive_outcome(evaluation: Evaluation) -> Outcome | None:
    """The passive outcome of a turn, from its `override` evaluation, for the outcome counter.

    `context`: gives values of the context; `parametric`: gives another value in their place (from
    memory, misread or made up: the text alone cannot tell); `both`: gives some and overrides some;
    `neither`: gives only values that the context has no rival for; `refusal`. None: nothing to say.
    """
    if evaluation.state is State.REFUSAL:
        return Outcome.REFUSAL
    if evaluation.state is not State.SCORED:
        return None
    signals = evaluation.signals
    covered, overrides = signals["checkable"] - signals["novel"], signals["overrides"]
    if overrides:
        return Outcome.BOTH if covered else Outcome.PARAMETRIC
    return Outcome.CONTEXT if covered else Outcome.NEITHER


class StaleOutcome(StrEnum):
    """Whether a repeated answer followed its changed source."""

    FOLLOWS_NEW = "follows_new"
    KEEPS_OLD = "keeps_old"
    NEITHER = "neither"


def stale_answer(before: Turn, now: Turn) -> StaleOutcome | None:
    """Whether the answer followed a change of its source: an experiment that traffic makes itself.

    None unless the questions are equal, the earlier answer gave a value of its chunks, that value
    is gone from the chunks of now, and a value of the same kind stands in its place. `neither`
    includes refusals. No further call; a turn pair costs about 1 ms.
    """
    if question_key(before.question) != question_key(now.question) or not now.answer:
        return None
    change = _changed_value(before, now)
    if change is None:
        return None
    old, new = change
    conflict = ConflictCase(
        question=now.question,
        context_answer=new.text,
        parametric_answer=old.text,
        response=now.answer,
    )
    followed = label(conflict).followed
    if followed is Outcome.CONTEXT:
        return StaleOutcome.FOLLOWS_NEW
    return StaleOutcome.KEEPS_OLD if followed is Outcome.PARAMETRIC else StaleOutcome.NEITHER


def _changed_value(before: Turn, now: Turn) -> tuple[Value, Value] | None:
    question_values = find_values(before.question or "")
    old_chunks = [(chunk.text, find_values(chunk.text)) for chunk in before.chunks]
    new_chunks = [(chunk.text, find_values(chunk.text)) for chunk in now.chunks]
    known = [value for _, values in new_chunks for value in values]
    for stated in find_values(before.answer or ""):
        if any(stated.matches(value) for value in (*question_values, *known)):
            continue
        for text, values in old_chunks:
            old = next((value for value in values if stated.matches(value)), None)
            if old and (new := _in_its_place(old, text, new_chunks)):
                return old, new
    return None


def _in_its_place(old: Value, text: str, chunks: list[tuple[str, list[Value]]]) -> Value | None:
    """Comparable value in the sentence most similar to that of `old`."""
    frame = _frame(old, text)
    fitting = [
        (len(frame & _frame(value, other)), value)
        for other, values in chunks
        for value in values
        if old.comparable(value)
    ]
    best = max(fitting, key=lambda each: each[0], default=(0, old))
    return best[1] if frame and best[0] >= 0.6 * len(frame) else None


def _frame(value: Value, text: str) -> frozenset[str]:
    for start, end in sentences(text):
        if start <= value.start < end:
            return content_words(text[start : value.start] + " " + text[value.end : end])
    return frozenset()


def _fragments(words: list[str], chunks: list[list[str]]) -> list[int]:
    """Lengths of the longest runs of `words` that stand in a chunk, greedily from the left.

    Single words are no fragments, so runs are looked up by their first two. Linear: a pair is
    followed at its first 64 places only.
    """
    places: dict[tuple[str, str], list[tuple[list[str], int]]] = {
        pair: [] for pair in pairwise(words)
    }
    for chunk in chunks:
        for at, pair in enumerate(pairwise(chunk)):
            found = places.get(pair)
            if found is not None and len(found) < _MOST_PLACES:
                found.append((chunk, at))
    lengths, at = [], 0
    while at < len(words) - 1:
        runs = places[words[at], words[at + 1]]
        longest = max((_run(words, at, chunk, i) for chunk, i in runs), default=1)
        if longest > 1:
            lengths.append(longest)
        at += longest
    return lengths


def _run(words: list[str], at: int, chunk: list[str], i: int) -> int:
    length = 0
    while (
        at + length < len(words)
        and i + length < len(chunk)
        and words[at + length] == chunk[i + length]
    ):
        length += 1
    return length
