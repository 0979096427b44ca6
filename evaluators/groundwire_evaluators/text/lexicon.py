"""English lexicon: frequency, synonyms, antonyms.

From WordNet 3.1 (Princeton University, free use with its notice: `lexicon.LICENSE`), reduced by
`benchmarks/build_lexicon.py` to the words with a count in its sense-tagged texts.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word relations between keys (stems).

    `commonness`: floor of log2 of the count in the tagged texts; absent words are rare.
    `kin`: synonyms,
    derived words, and words one step more general or more special. `opposites`: antonyms.
    """

    commonness: dict[str, int]
    synonyms: dict[str, frozenset[str]]
    kin: dict[str, frozenset[str]]
    opposites: dict[str, frozenset[str]]

    def synonyms_of(self, key: str) -> frozenset[str]:
        return self.synonyms.get(key, _NONE)

    def akin(self, key: str) -> frozenset[str]:
        return self.kin.get(key, _NONE)

    def opposed(self, key: str) -> frozenset[str]:
        return self.opposites.get(key, _NONE)


_NONE: frozenset[str] = frozenset()


@cache
def lexicon() -> Lexicon:
    """The table, read once a process (some 30 ms, 15 MB)."""
    commonness: dict[str, int] = {}
    synonyms: dict[str, set[str]] = {}
    kin: dict[str, set[str]] = {}
    opposites: dict[str, set[str]] = {}
    text = files("groundwire_evaluators.text").joinpath("lexicon.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        word, count, *relations = line.split("\t")
        near, opposed, general = (relation.split() for relation in [*relations, "", "", ""][:3])
        commonness[word] = int(count)
        for other in near:
            synonyms.setdefault(word, set()).add(other)
            synonyms.setdefault(other, set()).add(word)
        for other in general:
            kin.setdefault(word, set()).add(other)
            kin.setdefault(other, set()).add(word)
        for other in opposed:
            opposites.setdefault(word, set()).add(other)
            opposites.setdefault(other, set()).add(word)
    return Lexicon(
        commonness,
        {word: frozenset(others) for word, others in synonyms.items()},
        {word: frozenset(others) for word, others in kin.items()},
        {word: frozenset(others) for word, others in opposites.items()},
    )
