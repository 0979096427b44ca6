"""Word alignment of two sentences, with slots of differing words.

Negations are taken out and noted at the word they deny, so that "is not included" and "is included"
align as a whole. Words of one meaning ("permitted", "allowed") count as the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

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


@dataclass(slots=True)
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
        ours = [token.key for token in self.claim.words]
        theirs = [token.key for token in self.shown.words]
        opcodes = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
        for at, (tag, i, i2, j, j2) in enumerate(opcodes):
            if tag == "equal":
                self.pairs.update(zip(range(i, i2), range(j, j2), strict=True))
                continue
            before = opcodes[at - 1] if at else None
            after = opcodes[at + 1] if at + 1 < len(opcodes) else None
            sides = [o[2] - o[1] if o is not None else 0 for o in (before, after)]
            if i2 - i <= _LONGEST_SLOT and j2 - j <= _LONGEST_SLOT:
                self.slots.append(Slot(i, i2, j, j2, *sides))
        self._pair_synonyms()

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
