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

from benchmarks.reader import labelled, recorded, sources, wordnet
from benchmarks.reader.facts import Facts
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.text_pairs import TextPairs

SHARES = {"facts": 0.30, "texts": 0.34, "labelled": 0.30, "real": 0.06}
_MADE = {"facts": 40_000, "texts": 45_000}  # pairs made by rules, drawn from with replacement
_WRONG = 0.35  # share of the labelled claims of each set that are drawn from its unsupported ones
_TESTED = {"facts": 600, "texts": 300}


@dataclass(frozen=True)
class Mixture:
    """Pairs by part; those of `labelled` by set."""

    facts: Sequence[Pair]
    texts: Sequence[Pair]
    labelled: dict[str, Sequence[Pair]]
    real: Sequence[Pair]
    seed: int

    def window(self, number: int, size: int) -> list[Pair]:
        """The pairs of one window, the same for the same seed and number."""
        draw = Random(f"{self.seed}/{number}")
        parts = draw.choices(list(SHARES), list(SHARES.values()), k=size)
        return [self._pair(draw, part) for part in parts]

    def _pair(self, draw: Random, part: str) -> Pair:
        if part != "labelled":
            return draw.choice(getattr(self, part))
        names = list(self.labelled)
        (name,) = draw.choices(names, [labelled.SHARES[name] for name in names])
        wrong = draw.random() < _WRONG
        pairs = self.labelled[name]
        return draw.choice(
            [pair for pair in pairs if (pair.relation is not Relation.SUPPORTED) is wrong]
        )


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
    texts = sources.texts(folder / "sources")
    tested = [text for at, text in enumerate(texts) if at % 20 == 0]
    trained = [text for at, text in enumerate(texts) if at % 20]
    claims = [claim for name in labelled.SHARES for claim in labelled.claims(name)]
    from_text = TextPairs(trained, Random(f"{seed}/texts"), known)
    facts = Facts(Random(f"{seed}/facts"), from_text.sentences)
    mixture = Mixture(
        list(islice(facts.pairs(), _MADE["facts"])),
        list(islice(from_text.pairs(), _MADE["texts"])),
        {
            name: [c.pair for c in claims if c.set_name == name and not c.held_out]
            for name in labelled.SHARES
        },
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
