"""Word alignment of two sentences, with slots of differing words.

Negations are taken out and noted at the word they deny, so that "is not included" and "is included"
align as a whole. Words of one meaning ("permitted", "allowed") count as the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from groundwire_evaluators.grounding.opposition import (
    NEGATORS,
    SUPPORTS,
    auxiliary,
    bare,
    spared,
    untrue,
)
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.phrasal_verbs import joined
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import Language

MOST_WORDS = 80  # of a sentence that are aligned
_REACH = 4  # words after a negation among which the denied one is looked for
_LONGEST_SLOT = 4  # words that may stand in each other's place


@dataclass(frozen=True, slots=True)
class Slot:
    """Claim words [i, i2) opposite evidence words [j, j2).

    `before` and `after` count the words in a row that are the same on either side.
    """

    i: int
    i2: int
    j: int
    j2: int
    before: int
    after: int


@dataclass
class Side:
    """A sentence without its negations.

    `denied` are the places of the words they deny, `negated_at` the place before which each stood.
    """

    words: list[Token] = field(default_factory=list)
    denied: dict[int, Token] = field(default_factory=dict)
    negated_at: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, tokens: Sequence[Token], language: Language) -> "Side":
        """Reads at most `MOST_WORDS` words."""
        side, stop = cls(), language.stop
        negators = NEGATORS.get(language.code, frozenset())
        supports = SUPPORTS.get(language.code, frozenset())
        negations: list[tuple[int, Token]] = []
        tokens = tokens[:MOST_WORDS]
        if language.code == "en":
            tokens = joined(tokens)
        for at, token in enumerate(tokens):
            if token.lower.replace("’", "'") not in negators or spared(tokens, at):
                side.words.append(bare(token, language))
                continue
            if side.words and side.words[-1].lower in supports:
                side.words.pop()
            negations.append((len(side.words), token))
            if carried := auxiliary(token):
                side.words.append(carried)
        for place, token in negations:
            head = side._head(place, stop)
            if head is not None:
                side.denied.setdefault(head, token)
                side.negated_at.setdefault(head, place)
        return side

    @cached_property
    def keys(self) -> list[str]:
        """The key of each word, in order."""
        return [token.key for token in self.words]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Key → the places of its words, in order."""
        found: dict[str, list[int]] = {}
        for at, key in enumerate(self.keys):
            found.setdefault(key, []).append(at)
        return found

    def _head(self, place: int, stop: frozenset[str]) -> int | None:
        """The word a negation before `place` denies: the next one with content, or the last."""
        place += untrue(self.words, place)
        after = range(place, min(place + _REACH, len(self.words)))
        before = range(place - 1, max(place - 1 - _REACH, -1), -1)
        return next((at for at in (*after, *before) if self.words[at].lower not in stop), None)


class Alignment:
    """Shared words of two sentences in order, and slots between."""

    def __init__(self, claim: Side, shown: Side) -> None:
        self.claim, self.shown = claim, shown
        self.pairs: dict[int, int] = {}
        self.slots: list[Slot] = []
        last_i = last_j = before = 0
        for i, j, size in equal_runs(claim.keys, shown.places, len(shown.words)):
            if (i, j) != (last_i, last_j):
                self._add_slot(last_i, i, last_j, j, before, size)
            self.pairs.update(zip(range(i, i + size), range(j, j + size), strict=True))
            last_i, last_j, before = i + size, j + size, size
        self._pair_synonyms()

    def _add_slot(self, i: int, i2: int, j: int, j2: int, before: int, after: int) -> None:
        if i2 - i <= _LONGEST_SLOT and j2 - j <= _LONGEST_SLOT:
            self.slots.append(Slot(i, i2, j, j2, before, after))

    def _pair_synonyms(self) -> None:
        table = lexicon()
        for slot in self.slots:
            for i in range(slot.i, slot.i2):
                same = table.synonyms_of(self.claim.words[i].key)
                for j in range(slot.j, slot.j2):
                    if self.shown.words[j].key in same:
                        self.pairs.setdefault(i, j)

    def facing(self) -> Iterator[tuple[Slot, int, int]]:
        """Pairs of claim and evidence words in the same place."""
        for slot in self.slots:
            for i in range(slot.i, slot.i2):
                if i in self.pairs:
                    continue
                for j in range(slot.j, slot.j2):
                    yield slot, i, j


def equal_runs(
    ours: Sequence[str], places: Mapping[str, Sequence[int]], size: int
) -> list[tuple[int, int, int]]:
    """Runs (i, j, length) of equal words in order, and (len(ours), size, 0) at the end.

    The longest run first, then the longest before and after it: Ratcliff and Obershelp's matching,
    as `difflib.SequenceMatcher` has it without junk, in half its time. `places` are those of each
    word in the other sequence, of `size` words.
    """
    found: list[tuple[int, int, int]] = []
    open_ranges = [(0, len(ours), 0, size)]
    while open_ranges:
        low, high, first, last = open_ranges.pop()
        i, j, length = _longest_run(ours, places, low, high, first, last)
        if not length:
            continue
        found.append((i, j, length))
        if low < i and first < j:
            open_ranges.append((low, i, first, j))
        if i + length < high and j + length < last:
            open_ranges.append((i + length, high, j + length, last))
    joined_runs: list[tuple[int, int, int]] = []
    for i, j, length in sorted(found):
        if joined_runs:
            one, other, run = joined_runs[-1]
            if (one + run, other + run) == (i, j):
                joined_runs[-1] = one, other, run + length
                continue
        joined_runs.append((i, j, length))
    return [*joined_runs, (len(ours), size, 0)]


def _longest_run(
    ours: Sequence[str],
    places: Mapping[str, Sequence[int]],
    low: int,
    high: int,
    first: int,
    last: int,
) -> tuple[int, int, int]:
    """The longest run of equal words in two ranges; the earliest of several."""
    best = low, first, 0
    lengths: dict[int, int] = {}
    for i in range(low, high):
        here: dict[int, int] = {}
        for j in places.get(ours[i], ()):
            if j < first:
                continue
            if j >= last:
                break
            length = here[j] = lengths.get(j - 1, 0) + 1
            if length > best[2]:
                best = i - length + 1, j - length + 1, length
        lengths = here
    return best
