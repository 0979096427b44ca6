"""Values of another part of a sentence than the claim names.

"Bus 41 leaves from platform 3, bus 14 from platform 7": each part has a value of its own, and words
that tell it from the others, its labels: before its value, or behind it ("€12 for adults, €5 for
children"). A number or a name is a label whatever else the parts share, as a verb may be said once.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.quantities import Quantity, agree, comparable
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import Language

_MARK = re.compile(
    r"[,;]|\b(?:and|but|while|whereas|und|aber|während|et|mais|tandis|y|pero|mientras|e|ma|mentre|"
    r"mas|enquanto|en|maar|terwijl)\b",
    re.IGNORECASE,
)
_MOST_WORDS = 60  # of a sentence that is divided


@dataclass(frozen=True, slots=True)
class Subject:
    """Keys, quantities and words of names in a question or claim."""

    keys: Set[str]
    quantities: Sequence[Quantity] = ()
    names: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _SentencePart:
    quantities: tuple[Quantity, ...]
    names: tuple[Name, ...]
    before: frozenset[str]  # keys before its first value of the kind
    after: frozenset[str]

    @property
    def is_distinct(self) -> bool:
        return bool(self.before or self.after or self.names or len(self.quantities) > 1)


def rival_of_part(
    value: Quantity, subject: Subject, passage: Passage, index: int, *, by_words: bool = True
) -> Quantity | None:
    """The value of the part that a subject names, where `value` is that of another part.

    Without `by_words` a part is known by numbers and names alone.
    """
    parts = _parts(value, passage, index)
    own = [part for part in parts if any(agree(value, each) for each in part.quantities)]
    others = [part for part in parts if part not in own]
    if not own or not others:
        return None
    named = _named_part(value, subject, own, others)
    if named is None and by_words:
        named = _labelled_part(subject, own, others)
    if named is None:
        return None
    return next((each for each in named.quantities if _rivals(value, each, subject)), None)


def _rivals(value: Quantity, other: Quantity, subject: Subject) -> bool:
    return (
        comparable(value, other)
        and not agree(value, other)
        and not any(agree(other, each) for each in subject.quantities)
    )


def _named_part(
    value: Quantity, subject: Subject, own: Sequence[_SentencePart], others: Sequence[_SentencePart]
) -> _SentencePart | None:
    """The part with a number or name of the subject, where those of the value have another."""
    for item in subject.quantities:
        having = [part for part in others if any(_is_same(item, q) for q in part.quantities)]
        if len(having) == 1 and all(_has_other(item, value, part) for part in own):
            return having[0]
    having = [part for part in others if any(subject.names >= {*n.words} for n in part.names)]
    lacking = all(
        part.names and not any(subject.names & {*n.words} for n in part.names) for part in own
    )
    return having[0] if len(having) == 1 and lacking else None


def _has_other(item: Quantity, value: Quantity, part: _SentencePart) -> bool:
    rivals = [q for q in part.quantities if comparable(item, q) and not agree(value, q)]
    return bool(rivals) and not any(_is_same(item, q) for q in rivals)


def _is_same(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities agree, neither as a rounding of the other: 2020 is not 2019."""
    return agree(one, other) and agree(other, one)


def _labelled_part(
    subject: Subject, own: Sequence[_SentencePart], others: Sequence[_SentencePart]
) -> _SentencePart | None:
    """The one part that has a label of the subject; None where one of the value's has one too."""
    parts = [*own, *others]
    in_front = all(part.before for part in parts)
    labels = [part.before if in_front else part.after for part in parts]
    counted = Counter(key for each in labels for key in each)
    found = [
        part
        for part, each in zip(parts, labels, strict=True)
        if any(counted[key] == 1 and _is_in(key, subject.keys) for key in each)
    ]
    return found[0] if len(found) == 1 and found[0] in others else None


def _is_in(key: str, keys: Set[str]) -> bool:
    return key in keys or not keys.isdisjoint(lexicon().synonyms_of(key))


def _parts(value: Quantity, passage: Passage, index: int) -> list[_SentencePart]:
    """The parts of a sentence, divided between values of one kind; empty where it has none."""
    tokens = passage.sentence(index)
    if not 1 < len(tokens) <= _MOST_WORDS:
        return []
    shown = passage.quantities_of(index)
    alike = [each for each in shown if comparable(value, each)]
    if len(alike) < 2:
        return []
    cuts = list(cuts_between(passage.text, alike))
    bounds = [tokens[0].start, *cuts, tokens[-1].end + 1]
    parts = [
        _part(start, end, tokens, alike, shown, passage.names_of(index), passage.language)
        for start, end in pairwise(bounds)
    ]
    return parts if all(part.is_distinct for part in parts) else []


def cuts_between(text: str, values: Sequence[Quantity]) -> Iterator[int]:
    """The places that divide a text: behind the last mark between two values."""
    for one, other in pairwise(values):
        marks = list(_MARK.finditer(text, one.end, other.start))
        if marks:
            yield marks[-1].end()


def _part(
    start: int,
    end: int,
    tokens: Sequence[Token],
    alike: Sequence[Quantity],
    shown: Sequence[Quantity],
    names: Sequence[Name],
    language: Language,
) -> _SentencePart:
    first = min([each.start for each in alike if start <= each.start < end], default=end)
    words = [
        token
        for token in tokens
        if start <= token.start < end
        and token.lower not in language.stop
        and not any(q.start <= token.start < q.end for q in shown)
    ]
    return _SentencePart(
        tuple([each for each in shown if start <= each.start < end]),
        tuple([each for each in names if start <= each.start < end]),
        frozenset([token.key for token in words if token.start < first]),
        frozenset([token.key for token in words if token.start >= first]),
    )
