"""The mixture of every batch: facts, edited texts, labelled claims, answers of real fine-tunes.

Every window of pairs is drawn from a seed and its own number, so a run that goes on after a kill
sees what it would have seen.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.reader import labelled, recorded, sources, wordnet
from benchmarks.reader.claim_pairs import ClaimPairs
from benchmarks.reader.facts import Facts
from benchmarks.reader.pairs import Pair
from benchmarks.reader.text_pairs import TextPairs

PARTS = ("relations", "facts", "texts", "claims", "labelled", "real")
SHARES = {
    0.00: (0.45, 0.15, 0.15, 0.06, 0.14, 0.05),
    0.31: (0.20, 0.14, 0.21, 0.14, 0.26, 0.05),
    0.43: (0.16, 0.14, 0.20, 0.18, 0.30, 0.02),
    0.44: (0.66, 0.05, 0.07, 0.06, 0.14, 0.02),
    0.53: (0.66, 0.05, 0.07, 0.06, 0.14, 0.02),
    0.56: (0.22, 0.08, 0.16, 0.22, 0.30, 0.02),
    1.00: (0.14, 0.08, 0.16, 0.26, 0.34, 0.02),
}
"""Shares of the parts by the progress of the run; between two lines they slide.

Relations are learnt only where some 10,000 come close together, once negation is learnt.
"""
_MADE = {"relations": 20_000, "facts": 25_000, "texts": 45_000, "claims": 30_000}
_TIMES = 3  # how often passages of the labelled sets stand among the texts
_TESTED = {"facts": 600, "texts": 300}


def shares_at(progress: float) -> list[float]:
    """The shares of `PARTS` at a share of the run."""
    knots = sorted(SHARES)
    columns = zip(*(SHARES[knot] for knot in knots), strict=True)
    return [float(np.interp(progress, knots, column)) for column in columns]


@dataclass(frozen=True)
class Mixture:
    """Pairs by part; those of `labelled` by set."""

    relations: Sequence[Pair]
    facts: Sequence[Pair]
    texts: Sequence[Pair]
    claims: Sequence[Pair]
    labelled: dict[str, Sequence[Pair]]
    real: Sequence[Pair]
    seed: int

    def window(self, number: int, size: int, progress: float) -> list[Pair]:
        """The pairs of one window at a share of the run, the same for the same arguments."""
        draw = Random(f"{self.seed}/{number}")
        parts = draw.choices(PARTS, shares_at(progress), k=size)
        return [self._pair(draw, part) for part in parts]

    def _pair(self, draw: Random, part: str) -> Pair:
        if part != "labelled":
            return draw.choice(getattr(self, part))
        names = list(self.labelled)
        (name,) = draw.choices(names, [labelled.SHARES[name] for name in names])
        return draw.choice(self.labelled[name])


@dataclass(frozen=True)
class Tests:
    """Pairs never trained on, by what they test."""

    made: dict[str, list[Pair]]
    labelled: list[labelled.LabelledClaim]


def prepare(folder: Path, seed: int) -> tuple[Mixture, Tests]:
    """Fetch the sources, make the pairs, and keep both in the folder."""
    kept = folder / f"pairs-{seed}.pickle"
    if kept.exists():
        return pickle.loads(kept.read_bytes())  # type: ignore[no-any-return]
    sources.fetch(folder / "sources")
    known = wordnet.read(sources.wordnet_folder(folder / "sources"))
    texts = [*sources.texts(folder / "sources"), *(_TIMES * list(labelled.training_contexts()))]
    tested = [text for at, text in enumerate(texts) if at % 20 == 0]
    trained = [text for at, text in enumerate(texts) if at % 20]
    claims = [claim for name in labelled.SHARES for claim in labelled.claims(name)]
    from_text = TextPairs(trained, Random(f"{seed}/texts"), known)
    facts = Facts(Random(f"{seed}/facts"), from_text.sentences)
    relations = Facts(
        Random(f"{seed}/relations"),
        from_text.sentences,
        shares={"relations": 0.85, "polarity": 0.15},
        beside=(0, 0, 0, 1),
    )
    trained_claims = [claim for claim in claims if not claim.held_out]
    edited = ClaimPairs(trained_claims, Random(f"{seed}/claims"), known)
    mixture = Mixture(
        list(islice(relations.pairs(), _MADE["relations"])),
        list(islice(facts.pairs(), _MADE["facts"])),
        list(islice(from_text.pairs(), _MADE["texts"])),
        list(islice(edited.pairs(), _MADE["claims"])),
        {name: [c.pair for c in trained_claims if c.set_name == name] for name in labelled.SHARES},
        list(recorded.pairs()),
        seed,
    )
    unseen = TextPairs(tested, Random(f"{seed}/unseen"), known, held_out=True)
    seen = TextPairs(tested, Random(f"{seed}/seen"), known)
    tests = Tests(
        {
            "unseen schemas": list(
                islice(Facts(Random(f"{seed}/test"), held_out=True).pairs(), _TESTED["facts"])
            ),
            "unseen rules": list(islice(unseen.pairs(), _TESTED["texts"])),
            "seen rules": list(islice(seen.pairs(), _TESTED["texts"])),
            "real": Random(seed).sample(list(recorded.pairs(held_out=True)), 300),
        },
        [claim for claim in claims if claim.held_out],
    )
    kept.write_bytes(pickle.dumps((mixture, tests)))
    return mixture, tests
