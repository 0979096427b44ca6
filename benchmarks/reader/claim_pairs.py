"""Pairs from supported claims of the labelled sets: reworded, edited, with a detail, out of place.

Such claims are paraphrases by people and models, which rules do not make; their edits are shown the
evidence that the claim itself had.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.reader.edits import EDITS, detail_added
from benchmarks.reader.edits import HELD_OUT as HELD_OUT_EDITS
from benchmarks.reader.labelled import LabelledClaim
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.rewordings import HELD_OUT as HELD_OUT_REWORDINGS
from benchmarks.reader.rewordings import REWORDINGS
from benchmarks.reader.sentences import Context
from benchmarks.reader.text_pairs import changed_words, covered, keys, split
from benchmarks.reader.wordnet import WordNet

_SHARES = {"ragtruth": 0.4, "ragtruth-train-extra": 0.2, "bump": 0.15, "summedits": 0.25}
_KINDS = {"supported": 0.42, "edited": 0.20, "detail": 0.16, "absent": 0.16, "elsewhere": 0.06}
_FEWEST, _MOST = 5, 45  # words of a claim
_LEAST_SHOWN = 12  # words of evidence that are left of it
_ABSENT = 0.55  # share of the words that stand in evidence from which a claim may be in it


class ClaimPairs:
    """Pairs from claims of which only the supported ones are used."""

    def __init__(self, claims: Sequence[LabelledClaim], draw: Random, wordnet: WordNet) -> None:
        self._draw, self._wordnet = draw, wordnet
        self._by_set: dict[str, list[LabelledClaim]] = defaultdict(list)
        for claim in claims:
            name = "summedits" if claim.set_name.startswith("summedits") else claim.set_name
            length = len(claim.pair.claim.split())
            if (
                name in _SHARES
                and claim.pair.relation is Relation.SUPPORTED
                and _FEWEST <= length <= _MOST
            ):
                self._by_set[name].append(claim)
        self._edits = [name for name in EDITS if name not in HELD_OUT_EDITS]
        self._rewordings = [name for name in REWORDINGS if name not in HELD_OUT_REWORDINGS]

    def pairs(self) -> Iterator[Pair]:
        """Endless pairs, some two fifths of them supported."""
        makers = {
            "supported": self._supported,
            "edited": self._edited,
            "detail": self._with_detail,
            "absent": self._absent,
            "elsewhere": self._elsewhere,
        }
        while True:
            names = list(self._by_set)
            (name,) = self._draw.choices(names, [_SHARES[name] for name in names])
            (kind,) = self._draw.choices(list(_KINDS), list(_KINDS.values()))
            made = makers[kind](self._draw.choice(self._by_set[name]), name)
            if made is not None:
                yield made

    def _supported(self, one: LabelledClaim, _: str) -> Pair:
        claim = self._reworded(one.pair)
        return Pair(claim, one.pair.evidence, Relation.SUPPORTED, "claim:supported", ())

    def _edited(self, one: LabelledClaim, _: str) -> Pair | None:
        pair = one.pair
        plain = self._draw.random() < 0.4
        claim = pair.claim if plain else self._reworded(pair)
        context = Context(self._draw, pair.evidence, self._wordnet)
        for name in self._draw.sample(self._edits, len(self._edits)):
            new = EDITS[name].rule(context, claim)
            if new and new != claim and new.lower() not in pair.evidence.lower():
                words = changed_words(claim, new)
                return Pair(new, pair.evidence, EDITS[name].relation, f"claim:{name}", words)
        return None

    def _with_detail(self, one: LabelledClaim, name: str) -> Pair | None:
        """The claim with a clause of another source's claim that is about something near."""
        other = self._akin(one, name)
        context = Context(self._draw, one.pair.evidence, self._wordnet)
        claim = other and detail_added(context, one.pair.claim, other.pair.claim)
        if not claim:
            return None
        words = changed_words(one.pair.claim, claim)
        added = " ".join(claim[start:end] for start, end in words or ())
        if covered(added, one.pair.evidence) > _ABSENT:
            return None
        return Pair(claim, one.pair.evidence, Relation.NOT_THERE, "claim:detail_added", words)

    def _absent(self, one: LabelledClaim, _: str) -> Pair | None:
        """The claim against its evidence without the sentences that hold it."""
        claim = one.pair.claim
        rest = split(one.pair.evidence)
        while rest and covered(claim, " ".join(rest)) > _ABSENT:
            rest.remove(max(rest, key=lambda sentence: covered(claim, sentence)))
        shown = " ".join(rest)
        if len(shown.split()) < _LEAST_SHOWN:
            return None
        return Pair(self._reworded(one.pair), shown, Relation.NOT_THERE, "claim:absent")

    def _elsewhere(self, one: LabelledClaim, name: str) -> Pair | None:
        """The claim against evidence that is about something near and does not hold it."""
        other = self._akin(one, name)
        if other is None or covered(one.pair.claim, other.pair.evidence) > _ABSENT:
            return None
        claim = self._reworded(one.pair)
        return Pair(claim, other.pair.evidence, Relation.NOT_THERE, "claim:elsewhere")

    def _akin(self, one: LabelledClaim, name: str) -> LabelledClaim | None:
        some = self._draw.sample(self._by_set[name], min(60, len(self._by_set[name])))
        own = keys(one.pair.claim)
        others = [other for other in some if other.source != one.source]
        return max(others, key=lambda other: len(keys(other.pair.claim) & own), default=None)

    def _reworded(self, pair: Pair) -> str:
        context = Context(self._draw, pair.evidence, self._wordnet)
        claim = pair.claim
        for name in self._draw.sample(self._rewordings, self._draw.choice([0, 0, 1, 2])):
            claim = REWORDINGS[name](context, claim) or claim
        return claim
